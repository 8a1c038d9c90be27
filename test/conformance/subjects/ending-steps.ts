import type { RunRequests } from '../../../domain/runs/run-requests.ts'
import { closeOrganizations, suspendOrganizations } from '../../../plugins/subscriptions/deactivate.ts'
import { checkRestore, reopenBilling, restoreOrganizations } from '../../../plugins/subscriptions/restore.ts'
import { stopBilling } from '../../../plugins/subscriptions/stop-billing.ts'
import { aBilledAccount } from './a-billed-account.ts'
import { executeStep } from './execute-step.ts'
import type { StepParticulars, StepEnvironment } from './step-environment.ts'

const request: RunRequests['suspend-account'] = {
  organizationId: 'org_1',
  subscription: {
    kind: 'purchased',
    licenses: 5,
    trialEndsAt: null,
    billingAdapter: 'ledger',
    customerExternalId: 'led_1',
    subscriptionExternalId: 'led_2',
  },
  reason: null,
}

/** The steps that suspend, close and restore an account, with the units below it. */
export function endingSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { count } = environment
  const anAccount = (billingAdapter = 'ledger') =>
    aBilledAccount(environment, billingAdapter, { withUnit: true })
  const suspended = async (billingAdapter?: string) =>
    executeStep(environment, suspendOrganizations, await anAccount(billingAdapter))
  const inactive = async () =>
    (await count(`organizations where status <> 'active'`)) +
    (await count(`subscriptions where status <> 'active'`))
  // An ended subscription stays ended: the undo opens a new one. So the effect is counted as fewer open subscriptions.
  const endedSubscriptions = async () => -(await environment.openSubscriptions())
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
    'stop-billing at the ledger': {
      step: stopBilling,
      request,
      prepareInput: () => suspended(),
      countEffects: endedSubscriptions,
    },
    'stop-billing at a provider by http': {
      step: stopBilling,
      placement: 'external',
      request,
      prepareInput: () => suspended('http'),
      countEffects: endedSubscriptions,
    },
    'check-restore': {
      step: checkRestore,
      request,
      prepareInput: () => suspended(),
      prepareRefusedInput: () => anAccount(),
      countEffects: inactive,
    },
    'reopen-billing at the ledger': {
      step: reopenBilling,
      request,
      prepareInput: async () => executeStep(environment, checkRestore, await suspended()),
      countEffects: () => environment.openSubscriptions(),
    },
    'reopen-billing at a provider by http': {
      step: reopenBilling,
      placement: 'external',
      request,
      prepareInput: async () => executeStep(environment, checkRestore, await suspended('http')),
      countEffects: () => environment.openSubscriptions(),
    },
    'restore-organizations': {
      step: restoreOrganizations,
      request,
      prepareInput: async () => {
        const restoring = await executeStep(environment, checkRestore, await suspended())
        return executeStep(environment, reopenBilling, restoring)
      },
      countEffects: async () =>
        (await count(`organizations where status = 'active'`)) +
        (await count(`subscriptions where status = 'active'`)),
    },
  }
}
