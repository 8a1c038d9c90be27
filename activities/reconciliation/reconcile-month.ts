import { type BilledSubscription, listBilledSubscriptions } from '../../domain/billing/billable.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import type { SubscriptionAtProvider } from '../../domain/runs/run-requests.ts'
import { findEndedElsewhere } from '../../domain/billing/provider-events.ts'
import { compareUsage, type UsageDifference } from '../../domain/billing/compare-usage.ts'
import { noUsage, type Usage } from '../../domain/billing/usage.ts'
import { type Providers, StepError } from '../../plugins/plugin-contract.ts'

/** A difference in the month's usage of one subscription. It is reported, not stored. */
export type MonthFinding = SubscriptionAtProvider & { organizationId: string } & (
    | UsageDifference
    /** The provider reported the end of the subscription, which our account still has. */
    | { kind: 'ended_at_provider'; message: string }
    /** The provider did not answer. `code` is the code of its `StepError`. */
    | { kind: 'provider_unreachable'; code: string; message: string }
  )

export interface MonthReconciliation {
  compared: number
  findings: MonthFinding[]
}

export interface MonthReconciliationOptions {
  db: DatabaseConnection
  billing: Providers['billing']
  /** The time that a provider has for one answer, in milliseconds. Default: 10,000. */
  patience?: number
}

const atOnce = 5
const pageSize = 200

/**
 * Compares our bills of a month with the usage at the billing providers, for each subscription. It changes nothing. A provider that
 * does not answer is a finding, and delays no other provider.
 * @param month a calendar month in UTC, `YYYY-MM`.
 * @throws Error if `month` is not a month, or if our database fails.
 */
export async function reconcileMonth(
  { db, billing, patience = 10_000 }: MonthReconciliationOptions,
  month: string,
): Promise<MonthReconciliation> {
  const ended = await findEndedElsewhere(db)
  const message =
    'The provider has ended the subscription. Suspend and restore the account, which subscribes it again, or close it.'
  const result: MonthReconciliation = {
    compared: 0,
    findings: ended.map((subscription) => ({ ...subscription, kind: 'ended_at_provider', message })),
  }
  const remaining = everySubscription(db, month)
  const work = async () => {
    for await (const subscription of remaining) {
      const finding = await reconcile({ billing, patience }, month, subscription)
      result.compared += 1
      if (finding !== undefined) result.findings.push(finding)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return result
}

async function* everySubscription(
  db: DatabaseConnection,
  month: string,
): AsyncGenerator<BilledSubscription, void> {
  let after: BilledSubscription | undefined
  do {
    const page = await listBilledSubscriptions(db, month, { limit: pageSize, after })
    yield* page
    after = page.length < pageSize ? undefined : page.at(-1)
  } while (after !== undefined)
}

async function reconcile(
  { billing, patience }: Required<Omit<MonthReconciliationOptions, 'db'>>,
  month: string,
  { billed, billedOrOpen, ...subscription }: BilledSubscription,
): Promise<MonthFinding | undefined> {
  const { organizationId, billingAdapter, customerExternalId, subscriptionExternalId } = subscription
  try {
    const theirs = await withDeadline({ milliseconds: patience }, async (signal) =>
      billing(billingAdapter).readUsage(
        { idempotencyKey: `reconcile:${month}:${subscriptionExternalId}`, signal },
        { subscription: { organizationId, customerExternalId, externalId: subscriptionExternalId }, month },
      ),
    )
    const difference = compareUsage(billed ?? undefined, theirs)
    if (difference === undefined || isBetween(theirs ?? noUsage, billed ?? noUsage, billedOrOpen ?? noUsage))
      return undefined
    return { ...subscription, ...difference }
  } catch (error) {
    return { ...subscription, kind: 'provider_unreachable', ...inWords(error) }
  }
}

/** Whether usage is at least `least` and at most `most`: the provider may have some of the open bills. */
function isBetween(usage: Usage, least: Usage, most: Usage): boolean {
  return (['trial', 'purchased'] as const).every(
    (kind) => least[kind] <= usage[kind] && usage[kind] <= most[kind],
  )
}

function inWords(error: unknown): { code: string; message: string } {
  if (error instanceof StepError) return { code: error.code, message: error.message }
  // The message of any other error may contain personal data.
  return { code: 'no_answer', message: 'The billing provider did not answer.' }
}
