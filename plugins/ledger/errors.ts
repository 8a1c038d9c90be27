import { defineError } from '../plugin-contract.ts'

export const customerUnknown = defineError({
  code: 'customer_unknown',
  class: 'terminal',
  message: 'The ledger has no such customer of this account.',
  nextAction: 'Check which billing adapter created the customer. Then skip the step.',
})

export const subscriptionUnknown = defineError({
  code: 'subscription_unknown',
  class: 'terminal',
  message: 'The ledger has no such subscription of this account.',
  nextAction: 'Check which billing adapter opened the subscription. Then cancel, and send a new request.',
})

export const subscriptionEnded = defineError({
  code: 'subscription_ended',
  class: 'terminal',
  message: 'The subscription has ended, so its plan cannot be changed.',
  nextAction: 'Cancel the run, and restore the account, which opens a new subscription.',
})

export const invoiceUnknown = defineError({
  code: 'invoice_unknown',
  class: 'terminal',
  message: 'The ledger has no such invoice of this account.',
  nextAction: 'Check which billing adapter issued the invoice.',
})
