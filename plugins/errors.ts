import { defineError } from '../domain/errors/error-declaration.ts'

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

export const providerInTransaction = defineError({
  code: 'provider_in_transaction',
  class: 'retryable',
  message: 'The step would call the provider "{provider}" while our transaction is open.',
  nextAction:
    'Correct the plug-in of the step: only a step outside of our transaction may call a provider. Then retry.',
})
