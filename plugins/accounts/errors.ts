import { defineError } from '../plugin-contract.ts'

export const parentNotFound = defineError({
  code: 'parent_not_found',
  class: 'terminal',
  message: 'The parent organization no longer exists.',
  nextAction: 'Nothing was created. Send a new request with another parent organization.',
})

export const organizationNotEmpty = defineError({
  code: 'organization_not_empty',
  class: 'needs_input',
  message: 'The organization has accounts, users or devices, so it was not removed.',
  nextAction:
    'Cancel the onboardings under the organization, remove its devices (`DELETE /v1/devices/:id`) and users (`DELETE /v1/users/:id`), then retry.',
})

export const newEmailTaken = defineError({
  code: 'new_email_taken',
  class: 'terminal',
  message: 'The corrected email belongs to another user.',
  nextAction:
    'The email was not changed. Cancel the run if it is open, and send a new request with another email.',
})

export const userNotFound = defineError({
  code: 'user_not_found',
  class: 'terminal',
  message: 'The user was removed or deactivated.',
  nextAction: 'Nothing was sent or changed. Skip the step if it is optional, or cancel the run.',
})

const closeFirst =
  'Close the account (`POST /v1/organizations/:id/close`), which bills its usage and ends its subscription, then retry.'

export const usageNotBilled = defineError({
  code: 'usage_not_billed',
  class: 'needs_input',
  message: 'The account has used licenses that are not billed, so its plan was not removed.',
  nextAction: closeFirst,
})

export const subscriptionReplaced = defineError({
  code: 'subscription_replaced',
  class: 'needs_input',
  message: 'The account has another subscription than the one that its onboarding opened.',
  nextAction: closeFirst,
})

export const accountChanging = defineError({
  code: 'account_changing',
  class: 'needs_input',
  message: 'Another operation is changing the plan or the standing of the account.',
  nextAction: 'Wait until the operation is closed, or decide on it (`GET /v1/operations`), then retry.',
})
