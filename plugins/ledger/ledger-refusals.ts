import { StepError } from '../plugin-contract.ts'

export function keyReused(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'idempotency_key_reused',
    message: 'The ledger was asked for something else under this idempotency key before.',
    nextAction: 'Use a new key for a new request, or send the one that the key was used with.',
  })
}

export function unknownSubscription(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'subscription_unknown',
    message: 'The ledger has no such subscription of this account.',
    nextAction: 'Look at which billing adapter the account was subscribed with, then cancel, and ask anew.',
  })
}

export function endedSubscription(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'subscription_ended',
    message: 'The subscription has ended, so it can not be put on another plan.',
    nextAction: 'Cancel this, and restore the account, which subscribes it anew.',
  })
}

export function alreadyBilled(month: string): StepError {
  return new StepError({
    class: 'terminal',
    code: 'month_already_billed',
    message: `The ledger has billed ${month} of this subscription under another idempotency key.`,
    nextAction:
      'Nothing was billed twice. Run `npx tenantry reconcile --month YYYY-MM` for how the two differ, and credit the difference.',
  })
}

export function unknownInvoice(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'invoice_unknown',
    message: 'The ledger has not issued this invoice to this account.',
    nextAction: 'Check which billing adapter issued the invoice.',
  })
}

/** @param left integer minor units. */
export function creditTooLarge(left: number): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'credit_exceeds_invoice',
    message: `A credit note is between 1 and what is left of the invoice, which is ${left} minor units.`,
    nextAction: 'Credit at most what is left of the invoice.',
    fields: [{ pointer: '/amount', message: `Use at least 1 and at most ${left}.` }],
  })
}
