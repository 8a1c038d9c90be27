import { defineError } from '../errors/error-declaration.ts'

export const noPlan = defineError({
  code: 'no_plan',
  class: 'terminal',
  status: 409,
  title: 'The account has no plan of its own',
  message: 'The account {id} has no plan of its own.',
  nextAction:
    'For a unit, send the request to its enterprise, which holds the plan. Restore a suspended or closed account first.',
})

export const planInvoiced = defineError({
  code: 'plan_invoiced',
  class: 'terminal',
  status: 409,
  title: 'The purchased plan is invoiced',
  message: 'The purchased plan is already invoiced, so the account cannot go back to its trial.',
  nextAction: 'Lower the limit of the plan, or close the account.',
})

export const planNotAllowed = defineError({
  code: 'plan_not_allowed',
  field: true,
  message: 'A unit has no plan of its own: it uses the licenses of its enterprise. Leave out `plan`.',
})

export const planRequired = defineError({
  code: 'required',
  field: true,
  message: 'An account of type {type} needs a plan.',
})
