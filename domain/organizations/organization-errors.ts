import { defineError } from '../errors/error-declaration.ts'

export const parentNotActive = defineError({
  code: 'parent_not_active',
  class: 'terminal',
  status: 409,
  field: true,
  title: 'The parent organization is not active',
  message: 'The parent organization is {status}.',
  nextAction:
    'Restore the parent organization, then send a new request. A new account can also be added under another active organization.',
})

export const parentTypeNotAllowed = defineError({
  code: 'parent_type_not_allowed',
  class: 'terminal',
  field: true,
  message: 'An account of type {type} needs a parent of type {allowed}. The parent is of type {parentType}.',
  nextAction: 'Send a new request with another parent organization or another type.',
})

export const hierarchyTooDeep = defineError({
  code: 'hierarchy_too_deep',
  class: 'terminal',
  field: true,
  message:
    'The parent organization is at level {maximum} of the hierarchy, which is the lowest level allowed.',
  nextAction: 'Send a new request with a parent organization at a higher level.',
})

export const organizationNotActive = defineError({
  code: 'organization_not_active',
  class: 'terminal',
  status: 409,
  title: 'The organization is not active',
  message: 'The organization {id} is {status}.',
  nextAction: 'Restore the organization, then send a new request.',
})

/** Reported at the effect of a step. A run that was accepted earlier meets an organization that is not active any more. */
export const organizationInactive = defineError({
  code: 'organization_inactive',
  class: 'needs_input',
  message:
    'The organization {id} is {status}, so nothing is added to it and no message is sent to its users.',
  nextAction: 'Restore the organization, then retry the step. Otherwise cancel the run.',
})

export const decidedAbove = defineError({
  code: 'decided_above',
  class: 'terminal',
  status: 403,
  title: 'An organization above yours decided this',
  message: 'An organization above yours decided the standing of the account {id}.',
  nextAction: 'Ask the partner or the platform above your organization to change it.',
})

export const onboardingCancelled = defineError({
  code: 'onboarding_cancelled',
  class: 'terminal',
  status: 409,
  title: 'The onboarding of the account was cancelled',
  message:
    'The onboarding of the account {id} was cancelled, which ended its plan. So the account cannot be restored.',
  nextAction: 'Add the account again: send a new request under its parent organization.',
})

export const hasOpenAccounts = defineError({
  code: 'has_open_accounts',
  class: 'terminal',
  status: 409,
  title: 'The account has open accounts under it',
  message: 'The account cannot be closed while accounts under it are open.',
  nextAction: 'Close the accounts under it, then send a new request.',
})
