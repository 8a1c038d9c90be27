import type { RunRequests } from '../../../domain/runs/run-requests.ts'
import { closeOrganizations, suspendOrganizations } from '../../../plugins/subscriptions/deactivate.ts'
import { checkRestore, reopenBilling, restoreOrganizations } from '../../../plugins/subscriptions/restore.ts'
import { stopBilling } from '../../../plugins/subscriptions/stop-billing.ts'
import { aBilledAccount } from './a-billed-account.ts'
import { executed } from './execute-step.ts'
import type { StepParticulars, StepStage } from './step-stage.ts'

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
export function endingSteps(stage: StepStage): Record<string, StepParticulars> {
  const { count } = stage
  const anAccount = (billingAdapter = 'ledger') => aBilledAccount(stage, billingAdapter, { withUnit: true })
  const suspended = async (billingAdapter?: string) =>
    executed(stage, suspendOrganizations, await anAccount(billingAdapter))
  const inactive = async () =>
    (await count(`organizations where status <> 'active'`)) +
    (await count(`subscriptions where status <> 'active'`))
  // What has ended stays so; undoing opens another one in its place.
  const notRunning = async () => -(await stage.running())
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
      prepareRefusedInput: async () => executed(stage, closeOrganizations, await anAccount()),
      countEffects: inactive,
    },
    'close-organizations of a suspended account': {
      step: closeOrganizations,
      request,
      // Nobody bills it, so there is nothing to stop.
      prepareInput: async () => ({ ...(await suspended()), subscription: null }),
      countEffects: () => count(`organizations where status = 'closed'`),
    },
    'stop-billing at the ledger': {
      step: stopBilling,
      request,
      prepareInput: () => suspended(),
      countEffects: notRunning,
    },
    'stop-billing at a provider by http': {
      step: stopBilling,
      placement: 'external',
      request,
      prepareInput: () => suspended('http'),
      countEffects: notRunning,
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
      prepareInput: async () => executed(stage, checkRestore, await suspended()),
      countEffects: () => stage.running(),
    },
    'reopen-billing at a provider by http': {
      step: reopenBilling,
      placement: 'external',
      request,
      prepareInput: async () => executed(stage, checkRestore, await suspended('http')),
      countEffects: () => stage.running(),
    },
    'restore-organizations': {
      step: restoreOrganizations,
      request,
      prepareInput: async () => {
        const restoring = await executed(stage, checkRestore, await suspended())
        return executed(stage, reopenBilling, restoring)
      },
      countEffects: async () =>
        (await count(`organizations where status = 'active'`)) +
        (await count(`subscriptions where status = 'active'`)),
    },
  }
}
