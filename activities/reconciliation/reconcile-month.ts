import { type BilledSubscription, listBilledSubscriptions } from '../../domain/billing/billable.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import type { SubscriptionAtProvider } from '../../domain/runs/run-requests.ts'
import { findEndedElsewhere } from '../../domain/billing/provider-events.ts'
import { compareUsage, type UsageDifference } from '../../domain/billing/compare-usage.ts'
import { type Providers, StepError } from '../../plugins/plugin-contract.ts'

/** What reconciling found out about one subscription of an account. */
export type Finding = SubscriptionAtProvider & { organizationId: string } & (
    | UsageDifference
    /** The provider said that it ended the subscription, and the account still counts on it. */
    | { kind: 'ended_at_provider'; message: string }
    /** The provider could not be asked, so nothing is known of this account. `code` is that of its `StepError`. */
    | { kind: 'provider_unreachable'; code: string; message: string }
  )

export interface Reconciliation {
  /** How many subscriptions were looked at. */
  compared: number
  findings: Finding[]
}

export interface ReconciliationOptions {
  db: DatabaseConnection
  billing: Providers['billing']
  /** How long to wait for one answer, in milliseconds. */
  patience?: number
}

const atOnce = 5
const pageSize = 200

/**
 * Compares what we billed for a month with what the providers have on record, subscription by subscription. It changes
 * nothing. A provider that gives no answer is a finding, and holds up nobody else.
 * @throws Error when it is not a month, or our own database fails.
 */
export async function reconcileMonth(
  { db, billing, patience = 10_000 }: ReconciliationOptions,
  month: string,
): Promise<Reconciliation> {
  const ended = await findEndedElsewhere(db)
  const message =
    'The provider has ended the subscription. Suspend and restore the account, which subscribes it again, or close it.'
  const result: Reconciliation = {
    compared: 0,
    findings: ended.map((subscription) => ({ ...subscription, kind: 'ended_at_provider', message })),
  }
  const remaining = everySubscription(db, month)
  const inline = async () => {
    for await (const subscription of remaining) {
      const finding = await reconcile({ billing, patience }, month, subscription)
      result.compared += 1
      if (finding !== undefined) result.findings.push(finding)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, inline))
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
  { billing, patience }: Required<Omit<ReconciliationOptions, 'db'>>,
  month: string,
  { billed, ...subscription }: BilledSubscription,
): Promise<Finding | undefined> {
  const { organizationId, billingAdapter, customerExternalId, subscriptionExternalId } = subscription
  try {
    const theirs = await withDeadline({ milliseconds: patience }, async (signal) =>
      billing(billingAdapter).readUsage(
        { idempotencyKey: `reconcile:${month}:${subscriptionExternalId}`, signal },
        { subscription: { organizationId, customerExternalId, externalId: subscriptionExternalId }, month },
      ),
    )
    const difference = compareUsage(billed ?? undefined, theirs)
    return difference === undefined ? undefined : { ...subscription, ...difference }
  } catch (error) {
    return { ...subscription, kind: 'provider_unreachable', ...inWords(error) }
  }
}

function inWords(error: unknown): { code: string; message: string } {
  if (error instanceof StepError) return { code: error.code, message: error.message }
  // Whatever else a plug-in throws may quote personal data.
  return { code: 'no_answer', message: 'The billing provider did not answer.' }
}
