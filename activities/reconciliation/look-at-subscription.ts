import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import {
  findBilledNow,
  findUnexpectedAtProvider,
  subjectOf,
} from '../../domain/reconciliation/unfit-subscriptions.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import { type Asked, readAtProvider } from './ask-provider.ts'

/** Whether a provider bills this subscription now, and no account here is billed by it. */
export async function lookAtProvider(
  db: DatabaseConnection,
  adapter: BillingAdapter,
  externalId: string,
): Promise<Asked<Sighting | undefined>> {
  const asked = await readAtProvider(adapter, externalId)
  if ('notCompared' in asked) return asked
  if (asked.answer?.status !== 'open') return { answer: undefined }
  const [answer] = await findUnexpectedAtProvider(db, adapter.id, [asked.answer])
  return { answer }
}

/** Whether an account is billed here by a subscription that its provider does not bill. */
export async function lookAtAccount(
  db: DatabaseConnection,
  adapter: BillingAdapter,
  organizationId: string,
): Promise<Asked<Sighting | undefined>> {
  const account = await findBilledNow(db, organizationId)
  if (account?.billingAdapter !== adapter.id) return { answer: undefined }
  const { billingAdapter, customerExternalId, externalId } = account
  const asked = await readAtProvider(adapter, externalId)
  if ('notCompared' in asked) return asked
  if (asked.answer?.status === 'open') return { answer: undefined }
  // A run may have put another in its place since, and ended this one.
  const now = await findBilledNow(db, organizationId)
  if (now?.externalId !== externalId) return { answer: undefined }
  const kind =
    asked.answer === undefined ? 'subscription_missing_at_provider' : 'subscription_ended_at_provider'
  return {
    answer: {
      kind,
      subject: subjectOf(billingAdapter, externalId),
      organizationId,
      billingAdapter,
      details: { customerExternalId, subscriptionExternalId: externalId },
    },
  }
}
