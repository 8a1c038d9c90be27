import { defineError } from '../errors/error-declaration.ts'

export const creditExceedsInvoice = defineError({
  code: 'credit_exceeds_invoice',
  class: 'needs_input',
  field: true,
  namesFields: true,
  message:
    'The amount must be at least 1 and at most {left} minor units, which is what is left of the invoice.',
  nextAction: 'Credit at most what is left of the invoice.',
})

export const idempotencyKeyReused = defineError({
  code: 'idempotency_key_reused',
  class: 'terminal',
  status: 422,
  field: true,
  title: 'The idempotency key was used for another request',
  message: 'The idempotency key was used for another request before.',
  nextAction: 'Use a new key for a new request, or send the request that the key was used for.',
})

export const billNotOpen = defineError({
  code: 'bill_not_open',
  status: 409,
  title: 'The bill is not open',
  message: 'The bill was reported, written off or handed over already.',
  nextAction: 'Read the bill: its `status` says what became of it.',
})

export const billBeingReported = defineError({
  code: 'bill_being_reported',
  status: 409,
  title: 'The bill is being reported',
  message: 'An operation is reporting the bill to its provider.',
  nextAction: 'Wait until the operation is closed or needs attention. The bill names it in `operationId`.',
})

export const billOutcomeUnknown = defineError({
  code: 'bill_outcome_unknown',
  status: 409,
  title: 'The provider may have the bill',
  message: 'The bill was sent, and the answer of the provider was lost, so the provider may have it.',
  nextAction:
    'Retry its operation: the bill is sent again under the same key. If you have checked that the provider does not have it, send `"notReported": true`, or give `--not-reported`.',
})

export const noSuccessor = defineError({
  code: 'no_successor',
  status: 409,
  title: 'There is no subscription that can take over the bill',
  message: 'The account has no billed subscription besides the one of the bill.',
  nextAction: 'Restore the account or move it to another billing adapter first, or write the bill off.',
})

export const documentUnfit = defineError({
  code: 'document_unfit',
  status: 422,
  title: 'The invoice or credit note does not fit',
  message: 'The invoice or credit note does not fit, and is kept aside: {reason}',
  nextAction: 'Correct it at the billing provider, and deliver it again with the same id.',
})

export const creditNoteKeptAside = defineError({
  code: 'credit_note_kept_aside',
  status: 502,
  title: 'The credit note of the billing provider does not fit',
  message: 'The billing provider issued a credit note that does not fit, and it is kept aside: {reason}',
  nextAction:
    'Correct it at the billing provider, and let the provider deliver it again with the same id. `npx tenantry reconcile` lists it.',
})
