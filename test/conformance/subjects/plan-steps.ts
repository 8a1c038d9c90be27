import type { RunRequests, PlanTerms } from '../../../domain/runs/run-requests.ts'
import { applyPlan } from '../../../plugins/subscriptions/apply-plan.ts'
import { changePlanAtProvider } from '../../../plugins/subscriptions/change-plan-at-provider.ts'
import { checkPlanChange } from '../../../plugins/subscriptions/check-plan-change.ts'
import { expireTrial, sendTrialReminder } from '../../../plugins/subscriptions/trial-end.ts'
import { createUser } from '../../../plugins/accounts/create-user.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { aBilledAccount, inDays, termsAtLedger } from './a-billed-account.ts'
import { executeStep } from './execute-step.ts'
import { atEachAdapter, type StepParticulars, type StepEnvironment } from './step-environment.ts'

const to: PlanTerms = { kind: 'purchased', licenses: 20, trialEndsAt: null }
const request: RunRequests['change-plan'] = {
  organizationId: 'org_1',
  subscription: { ...termsAtLedger, kind: 'trial', trialEndsAt: inDays(10) },
  to,
}

/** The steps that convert a trial, send its reminder and end it. */
export function planSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { db, count } = environment
  const aTrial = (billingAdapter = 'ledger', trialEndsAt = inDays(10)) =>
    aBilledAccount(environment, billingAdapter, { trialEndsAt })
  const aConversion = async (billingAdapter?: string) => ({
    ...(await aTrial(billingAdapter)),
    to,
    trialDays: 10,
  })
  return {
    'check-plan-change': {
      step: checkPlanChange,
      request,
      prepareInput: () => aConversion(),
      prepareRefusedInput: async () => {
        const { subscription, ...asked } = await aConversion()
        return { ...asked, subscription: { ...subscription, licenses: 4 } }
      },
      countEffects: () => count('plan_periods'),
    },
    ...atEachAdapter('change-plan-at-provider', (billingAdapter) => ({
      step: changePlanAtProvider,
      request,
      prepareInput: () => aConversion(billingAdapter),
      countEffects: () => environment.openSubscriptions('purchased'),
    })),
    'apply-plan': {
      step: applyPlan,
      request,
      prepareInput: async () => ({ ...(await aConversion()), subscriptionExternalId: 'led_2' }),
      prepareRefusedInput: async () => {
        const account = await aTrial()
        for (let device = 0; device < 2; device += 1) await aLicenseUse(db, account.organizationId)
        return { ...account, to: { ...to, licenses: 1 }, subscriptionExternalId: 'led_2' }
      },
      countEffects: async () =>
        (await count('license_pools where allocated = 20')) +
        (await count(`plan_periods where kind = 'purchased' and ends_at is null`)) +
        (await count(`subscriptions where kind = 'purchased'`)),
    },
    'send-trial-reminder': {
      step: sendTrialReminder({ db }),
      placement: 'external',
      request: { organizationId: 'org_1', trialEndsAt: inDays(3) },
      prepareInput: async () => {
        const trialEndsAt = inDays(3)
        const { organizationId } = await aTrial('ledger', trialEndsAt)
        const user = { fullName: 'Ada Conformance', email: `${organizationId}@conformance.example` }
        await executeStep(environment, createUser, { organizationId, user })
        return { organizationId, trialEndsAt }
      },
      countEffects: async () =>
        environment.messages() + (await count('subscriptions where trial_reminded_at is not null')),
    },
    'expire-trial': {
      step: expireTrial,
      request: { organizationId: 'org_1', trialEndsAt: inDays(-1) },
      prepareInput: async () => {
        const trialEndsAt = inDays(-1)
        const { organizationId } = await aTrial('ledger', trialEndsAt)
        return { organizationId, trialEndsAt }
      },
      countEffects: () => count(`subscriptions where status = 'expired'`),
    },
  }
}
