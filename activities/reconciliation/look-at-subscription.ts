import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import {
  findBilledNow,
  findUnexpectedAtProvider,
  subjectOf,
} from '../../domain/reconciliation/unfit-subscriptions.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import { type ProviderAnswer, readAtProvider } from './ask-provider.ts'

/** Finds out whether a provider bills a subscription that bills no account here. The answer is undefined if not. */
export async function lookAtProvider(
  db: DatabaseConnection,
  adapter: BillingAdapter,
  externalId: string,
): Promise<ProviderAnswer<Sighting | undefined>> {
  const asked = await readAtProvider(adapter, externalId)
  if ('notCompared' in asked) return asked
  if (asked.answer?.status !== 'open') return { answer: undefined }
  const [answer] = await findUnexpectedAtProvider(db, adapter.id, [asked.answer])
  return { answer }
}

/** Finds out whether the provider does not bill the subscription of an account. The answer is undefined if it does. */
export async function lookAtAccount(
  db: DatabaseConnection,
  adapter: BillingAdapter,
  organizationId: string,
): Promise<ProviderAnswer<Sighting | undefined>> {
  const account = await findBilledNow(db, organizationId)
  if (account?.billingAdapter !== adapter.id) return { answer: undefined }
  const { billingAdapter, customerExternalId, externalId } = account
  const asked = await readAtProvider(adapter, externalId)
  if ('notCompared' in asked) return asked
  if (asked.answer?.status === 'open') return { answer: undefined }
  // A run may have replaced the subscription since, and ended this one.
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
