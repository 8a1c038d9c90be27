import { defineError } from 'tenantry'

export const approvalRequired = defineError({
  code: 'approval_required',
  class: 'needs_input',
  message: 'A person has to approve the account before it is created.',
  nextAction: 'To approve it, retry this step and give a reason. To refuse it, cancel the onboarding.',
})

export const recordRefused = defineError({
  code: 'flat_fee_refused',
  class: 'needs_input',
  message: 'The records service refused the record (HTTP status 422).',
  nextAction: 'Read in the records service why it refused the record, correct that, then retry.',
})

// A lost answer is retryable too: storing the same record again changes nothing.
export const recordsUnavailable = defineError({
  code: 'flat_fee_unavailable',
  class: 'retryable',
  message: 'The records service did not answer as it should (HTTP status {status}).',
  nextAction: 'Check the records service, its address and its token, then retry.',
})
