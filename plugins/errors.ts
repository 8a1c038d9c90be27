import { defineError } from './plugin-contract.ts'

export const billingAdapterMissing = defineError({
  code: 'billing_adapter_missing',
  class: 'retryable',
  message: 'No enabled plug-in provides the billing adapter "{id}".',
  nextAction:
    'Enable its plug-in in temporal.config.ts, restart the workers, then retry. `npx tenantry doctor` lists what is missing.',
})

export const notifierMissing = defineError({
  code: 'notifier_missing',
  class: 'retryable',
  message: 'No enabled plug-in can send messages to users.',
  nextAction:
    'Enable a notifier plug-in in temporal.config.ts, restart the workers, then retry; or skip the message.',
})
