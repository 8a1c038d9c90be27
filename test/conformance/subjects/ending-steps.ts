import type { RunRequests } from '../../../domain/runs/run-requests.ts'
import { closeOrganizations, suspendOrganizations } from '../../../plugins/subscriptions/deactivate.ts'
import { checkRestore, reopenBilling, restoreOrganizations } from '../../../plugins/subscriptions/restore.ts'
import { stopBilling } from '../../../plugins/subscriptions/stop-billing.ts'
import { aBilledAccount, termsAtLedger } from './a-billed-account.ts'
import { executeStep } from './execute-step.ts'
import { atEachAdapter, type StepParticulars, type StepEnvironment } from './step-environment.ts'

const request: RunRequests['suspend-account'] = {
  organizationId: 'org_1',
  subscription: termsAtLedger,
  reason: null,
}

/** The steps that suspend, close and restore an account, with the units below it. */
export function endingSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { count, openSubscriptions } = environment
  const anAccount = (billingAdapter = 'ledger') =>
    aBilledAccount(environment, billingAdapter, { withUnit: true })
  const suspended = async (billingAdapter?: string) =>
    executeStep(environment, suspendOrganizations, await anAccount(billingAdapter))
  const inactive = async () =>
    (await count(`organizations where status <> 'active'`)) +
    (await count(`subscriptions where status <> 'active'`))
  const checkedRestore = async (billingAdapter?: string) =>
    executeStep(environment, checkRestore, await suspended(billingAdapter))
  return {
    'suspend-organizations': {
      step: suspendOrganizations,
      request,
      prepareInput: () => anAccount(),
      prepareRefusedInput: () => suspended(),
      countEffects: inactive,
    },
    'close-organizations': {
      step: closeOrganizations,
      request,
      prepareInput: () => anAccount(),
      prepareRefusedInput: async () => executeStep(environment, closeOrganizations, await anAccount()),
      countEffects: inactive,
    },
    'close-organizations of a suspended account': {
      step: closeOrganizations,
      request,
      // A suspended account is not billed, so it has no subscription to stop.
      prepareInput: async () => ({ ...(await suspended()), subscription: null }),
      countEffects: () => count(`organizations where status = 'closed'`),
    },
    ...atEachAdapter('stop-billing', (billingAdapter) => ({
      step: stopBilling,
      request,
      prepareInput: () => suspended(billingAdapter),
      // An ended subscription stays ended: the undo opens a new one. So the effect is counted as fewer open subscriptions.
      countEffects: async () => -(await openSubscriptions()),
    })),
    'check-restore': {
      step: checkRestore,
      request,
      prepareInput: () => suspended(),
      prepareRefusedInput: () => anAccount(),
      countEffects: inactive,
    },
    ...atEachAdapter('reopen-billing', (billingAdapter) => ({
      step: reopenBilling,
      request,
      prepareInput: () => checkedRestore(billingAdapter),
      countEffects: () => openSubscriptions(),
    })),
    'restore-organizations': {
      step: restoreOrganizations(environment),
      request,
      prepareInput: async () => executeStep(environment, reopenBilling, await checkedRestore()),
      countEffects: async () =>
        (await count(`organizations where status = 'active'`)) +
        (await count(`subscriptions where status = 'active'`)),
    },
  }
}
