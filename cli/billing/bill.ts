import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { type BillRun, findBillRuns } from '../../domain/billing/bill-runs.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type BillingRoundInput, rounds } from '../../workflows/contract.ts'
import type { Deployment } from '../deployment/compose.ts'
import { dryRunBilling } from './dry-run-billing.ts'
import { scheduleId } from '../../temporal/schedules.ts'
import { StartFailure } from '../stack/failure.ts'

const patience = 120_000
const pause = 500

/** A dry run of billing a month: writes what each account would be billed. @returns the exit code. */
export async function showBilling(
  deployment: Pick<Deployment, 'db' | 'registry'>,
  month: string,
  write: (line: string) => void,
): Promise<number> {
  const totals = new Map<string, number>()
  let accounts = 0
  for await (const { invoice, usage, ...bill } of dryRunBilling(deployment, month)) {
    accounts += 1
    const amount =
      invoice === undefined ? 'priced by the provider' : inMajorUnits(invoice.total, invoice.currency)
    write(
      `  ${bill.organizationName} (${bill.organizationId})  ${bill.billingAdapter}  ` +
        `${usage.purchased} purchased, ${usage.trial} trial  ${amount}`,
    )
    if (invoice !== undefined)
      totals.set(invoice.currency, (totals.get(invoice.currency) ?? 0) + invoice.total)
  }
  const sums = [...totals].map(([currency, total]) => inMajorUnits(total, currency))
  write(
    `${accounts} to bill for ${month}${sums.length === 0 ? '' : `: ${sums.join(', ')}`}. Nothing was billed.`,
  )
  return 0
}

/**
 * Runs a billing round for a month by hand, and waits for its runs. Usage that is billed already is not billed again.
 * @returns the exit code: 1 when an account needs attention.
 * @throws StartFailure when no worker starts the round.
 */
export async function runBilling(
  { db, configuration }: Pick<Deployment, 'db' | 'configuration'>,
  client: Client,
  month: string,
  write: (line: string) => void,
): Promise<number> {
  const { taskQueue } = configuration
  const input: BillingRoundInput = { month }
  const handle = await client.workflow.start(rounds.billing.workflowType, {
    workflowId: `${scheduleId(taskQueue, 'billing')}-${month}`,
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Bill ${month}`,
  })
  const ended = await Promise.race([handle.result(), delay(patience, undefined, { ref: false })])
  if (ended === undefined)
    throw new StartFailure(
      'No worker has started the billing round',
      'Start a worker; the round then continues by itself',
    )
  const { completed, open } = await closedOrStuck(db, month)
  write(`${completed} billed for ${month}.`)
  for (const run of open) write(lineOf(run))
  return open.length === 0 ? 0 : 1
}

/** Waits until every bill run of the month is closed or needs attention, or the time is up. */
async function closedOrStuck(db: DatabaseConnection, month: string): ReturnType<typeof findBillRuns> {
  const deadline = Date.now() + patience
  for (;;) {
    const runs = await findBillRuns(db, month)
    if (runs.open.every(({ status }) => status === 'needs_attention') || Date.now() > deadline) return runs
    await delay(pause)
  }
}

function lineOf({ id, organizationName, status, error }: BillRun): string {
  const reason = error === null ? `is ${status}` : `${error.message} ${error.nextAction}`
  return `  ${organizationName} (${id}): ${reason}`
}

/** An amount of minor units as people write it, such as `15.00 USD`. */
function inMajorUnits(amount: number, currency: string): string {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`
}
