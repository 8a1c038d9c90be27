import { defineError } from '../plugin-contract.ts'

// The errors of a first step. The run fails, nothing was changed, and a retry would be refused as well.
const nextAction =
  'Nothing was changed. Read the account, and send a new request if the change is still wanted.'

export const accountNotFound = defineError({
  code: 'account_not_found',
  class: 'terminal',
  message: 'The account no longer exists.',
  nextAction,
})

export const accountIsActive = defineError({
  code: 'account_is_active',
  class: 'terminal',
  message: 'The account is active, so it cannot be restored.',
  nextAction,
})

export const accountNotActive = defineError({
  code: 'account_not_active',
  class: 'terminal',
  message: 'The account is already {status}.',
  nextAction,
})

export const planNotActive = defineError({
  code: 'plan_not_active',
  class: 'terminal',
  message: 'The plan of the account is {status}, so it cannot be changed.',
  nextAction,
})

export const planChangedMeanwhile = defineError({
  code: 'plan_changed_meanwhile',
  class: 'terminal',
  message: 'The plan of the account has changed since the request was accepted.',
  nextAction,
})

export const newSubscriptionNotFound = defineError({
  code: 'new_subscription_not_found',
  class: 'retryable',
  message: 'The new billing provider does not list the subscription that was opened there.',
  nextAction:
    'Check the subscription at the new provider. If the step needs attention, retry, or cancel to keep the old subscription.',
})

/** For a `terminal` error of the billing adapter. A person can retry, because the bill may be sent again or resolved otherwise. */
export const billRefused = defineError({
  code: 'bill_refused',
  class: 'needs_input',
  message: 'The billing provider refused bill {bill} for {month} with the code `{code}`: {reason}',
  nextAction:
    'Correct the cause at the provider, or resolve the bill: `/v1/bills/{bill}/hand-over` or `/v1/bills/{bill}/write-off`. Then retry.',
})
