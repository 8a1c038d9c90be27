import { monthOf, previousMonth } from '../../../domain/billing/months.ts'
import type { RunRequests } from '../../../domain/runs/run-requests.ts'
import { openBills } from '../../../plugins/subscriptions/open-bills.ts'
import { reportUsage } from '../../../plugins/subscriptions/report-usage.ts'
import { updateCustomer } from '../../../plugins/subscriptions/update-customer.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { aBilledAccount, termsAtLedger } from './a-billed-account.ts'
import { executeStep } from './execute-step.ts'
import { atEachAdapter, type StepParticulars, type StepEnvironment } from './step-environment.ts'

const month = previousMonth(monthOf(new Date()))
const request: RunRequests['bill-account'] = {
  organizationId: 'org_1',
  month,
  subscription: termsAtLedger,
}

/** The steps that bill an account. */
export function billingSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { db, count } = environment
  /** Adds an account with a device that has held a license since 2020. */
  const anAccountInUse = async (billingAdapter: string) => {
    const account = await aBilledAccount(environment, billingAdapter)
    await aLicenseUse(db, account.organizationId)
    await db
      .updateTable('plan_periods')
      .set({ starts_at: new Date('2020-01-01T00:00:00Z') })
      .where('organization_id', '=', account.organizationId)
      .execute()
    return account
  }
  const bills = async () => (await count('bills')) + (await count('billed_devices'))
  const renaming = (billingAdapter: string): StepParticulars => ({
    step: updateCustomer({ db }),
    request: { organizationId: 'org_1', billingAdapter },
    prepareInput: async () => {
      const { organizationId } = await aBilledAccount(environment, billingAdapter)
      return { organizationId, billingAdapter }
    },
    countEffects: () => environment.renamings(),
  })
  return {
    ...atEachAdapter('update-customer', renaming),
    'open-bills of a month': {
      step: openBills,
      request,
      prepareInput: async () => ({ ...(await anAccountInUse('ledger')), month }),
      countEffects: bills,
    },
    'open-bills of a subscription that has ended': {
      step: openBills,
      request,
      prepareInput: () => anAccountInUse('ledger'),
      countEffects: bills,
    },
    ...atEachAdapter('report-usage', (billingAdapter) => ({
      step: reportUsage({ db }),
      request,
      prepareInput: async () =>
        executeStep(environment, openBills, { ...(await anAccountInUse(billingAdapter)), month }),
      countEffects: async () =>
        (await environment.billedMonths()) +
        (await count('bills where external_reference is not null')) +
        (await count('invoices')),
    })),
  }
}
