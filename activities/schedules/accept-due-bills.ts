import { ApplicationFailure } from '@temporalio/activity'
import { findBillable } from '../../domain/billing/billable.ts'
import { messageOf } from '../../domain/errors/error-declaration.ts'
import { isMonth, monthOf, previousMonth } from '../../domain/billing/months.ts'
import { takeWaitingDocuments } from '../../domain/billing/take-document.ts'
import type { DueBillsCall } from '../../workflows/activity-types.ts'
import type { DueBills } from '../../workflows/contract.ts'
import { acceptRuns } from './accept-runs.ts'
import { monthNotBillable } from '../errors.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

const pageSize = 50
/** The number of past months for which the round looks for missing bills. */
const monthsBack = 3

export async function acceptDueBills(
  dependencies: ActivityDependencies,
  call: DueBillsCall,
): Promise<DueBills> {
  if (call.month !== undefined) refuseUnended(call.month, new Date())
  if (call.at === undefined) await takeEarlyInvoices(dependencies)
  const months = call.month === undefined ? monthsThatEnded(new Date()) : [call.month]
  const [first] = months
  const { month, after } = call.at ?? { month: first ?? '', after: undefined }
  const due = await findBillable(dependencies.db, month, { limit: pageSize, after })
  const runs = await acceptRuns(
    dependencies,
    due.map(({ organizationId, usage: _usage, earlierBills, ...subscription }) => ({
      kind: 'bill-account',
      request: { organizationId, month, subscription },
      // A later bill of the same month is another run.
      scheduleKey: `${month} ${subscription.subscriptionExternalId} ${earlierBills}`,
    })),
  )
  const last = due.at(-1)
  if (last !== undefined && due.length === pageSize) {
    const { organizationId, subscriptionExternalId } = last
    return { runs, next: { month, after: { organizationId, subscriptionExternalId } } }
  }
  const nextMonth = months[months.indexOf(month) + 1]
  return { runs, next: nextMonth === undefined ? null : { month: nextMonth } }
}

/** Takes the invoices that a provider reported before we had their accounts. */
async function takeEarlyInvoices({ db, registry }: ActivityDependencies): Promise<void> {
  for (const adapter of registry.billingAdapters.keys()) await takeWaitingDocuments(db, adapter)
}

/** A month that has not ended would be billed in two parts. */
function refuseUnended(month: string, now: Date): void {
  if (isMonth(month) && month < monthOf(now)) return
  const parameters = { month, example: previousMonth(monthOf(now)) }
  throw ApplicationFailure.nonRetryable(messageOf(monthNotBillable, { parameters }), monthNotBillable.code)
}

function monthsThatEnded(now: Date): string[] {
  const months: string[] = []
  let month = monthOf(now)
  for (let back = 0; back < monthsBack; back++) {
    month = previousMonth(month)
    months.unshift(month)
  }
  return months
}
