import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { definePlugin, type Plugin } from '../plugin-contract.ts'
import { activateNewAdapter } from './activate-new-adapter.ts'
import { applyPlan } from './apply-plan.ts'
import { changePlanAtProvider } from './change-plan-at-provider.ts'
import { checkBillingSwitch } from './check-billing-switch.ts'
import { checkPlanChange } from './check-plan-change.ts'
import { closeOrganizations, suspendOrganizations } from './deactivate.ts'
import { openAtNewAdapter } from './open-at-new-adapter.ts'
import { openBills } from './open-bills.ts'
import { reportUsage } from './report-usage.ts'
import { checkRestore, reopenBilling, restoreOrganizations } from './restore.ts'
import { stopBilling } from './stop-billing.ts'
import { expireTrial, sendTrialReminder } from './trial-end.ts'
import { updateCustomer } from './update-customer.ts'
import { verifyNewAdapter } from './verify-new-adapter.ts'

/** The built-in steps that change an account: its plan, its billing, and whether it is suspended, closed or restored. */
export function subscriptions(parts: { db: DatabaseConnection }): Plugin {
  return definePlugin({
    name: 'subscriptions',
    steps: [
      checkPlanChange,
      changePlanAtProvider,
      applyPlan,
      checkBillingSwitch,
      openAtNewAdapter,
      verifyNewAdapter,
      activateNewAdapter,
      suspendOrganizations,
      closeOrganizations,
      updateCustomer(parts),
      openBills,
      reportUsage(parts),
      stopBilling,
      checkRestore,
      reopenBilling,
      restoreOrganizations(parts),
      sendTrialReminder(parts),
      expireTrial,
    ],
  })
}
