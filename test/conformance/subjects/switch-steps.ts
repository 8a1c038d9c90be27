import type { RunRequests } from '../../../domain/runs/run-requests.ts'
import { activateNewAdapter } from '../../../plugins/subscriptions/activate-new-adapter.ts'
import { checkBillingSwitch } from '../../../plugins/subscriptions/check-billing-switch.ts'
import { openAtNewAdapter } from '../../../plugins/subscriptions/open-at-new-adapter.ts'
import { verifyNewAdapter } from '../../../plugins/subscriptions/verify-new-adapter.ts'
import { aBilledAccount, termsAtLedger } from './a-billed-account.ts'
import { executeStep } from './execute-step.ts'
import { atEachAdapter, type StepParticulars, type StepEnvironment } from './step-environment.ts'

const requestTo = (billingAdapter: string): RunRequests['switch-billing'] => ({
  organizationId: 'org_1',
  subscription: termsAtLedger,
  billingAdapter,
})

/** The steps that move an account to another billing adapter. */
export function switchSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { count, openSubscriptions } = environment
  const aSwitchTo = async (billingAdapter: string) => ({
    ...(await aBilledAccount(environment, 'ledger')),
    billingAdapter,
    organizationName: 'Contoso',
    trialDays: 10,
  })
  const opened = async (billingAdapter: string) =>
    executeStep(environment, openAtNewAdapter, await aSwitchTo(billingAdapter))
  return {
    'check-billing-switch': {
      step: checkBillingSwitch,
      request: requestTo('http'),
      prepareInput: () => aSwitchTo('http'),
      prepareRefusedInput: async () => {
        const { subscription, ...asked } = await aSwitchTo('http')
        return { ...asked, subscription: { ...subscription, billingAdapter: 'http' } }
      },
      countEffects: () => count('plan_periods'),
    },
    ...atEachAdapter('open-at-new-adapter', (billingAdapter) => ({
      step: openAtNewAdapter,
      request: requestTo(billingAdapter),
      prepareInput: () => aSwitchTo(billingAdapter),
      countEffects: () => openSubscriptions(),
    })),
    ...atEachAdapter('verify-new-adapter', (billingAdapter) => ({
      step: verifyNewAdapter,
      request: requestTo(billingAdapter),
      prepareInput: () => opened(billingAdapter),
      countEffects: () => openSubscriptions(),
    })),
    'activate-new-adapter': {
      step: activateNewAdapter,
      request: requestTo('http'),
      prepareInput: () => opened('http'),
      countEffects: async () =>
        (await count(`subscriptions where billing_adapter = 'http'`)) +
        (await count(`plan_periods where billing_adapter = 'http' and ends_at is null`)),
    },
  }
}
