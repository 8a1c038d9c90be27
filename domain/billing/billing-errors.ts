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
