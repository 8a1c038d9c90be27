import { randomUUID } from 'node:crypto'
import { withDeadline } from '../../domain/calls/deadline.ts'
import {
  type BillingAdapter,
  type BillingCall,
  type ListedSubscription,
  StepError,
} from '../../plugins/plugin-contract.ts'

/** The time that a provider has for one answer, in milliseconds. */
const patience = 10_000

/** The answer of a provider, or the reason, for people, why there is none. */
export type ProviderAnswer<Answer> = { answer: Answer } | { notCompared: string }

/** @param question the call, or undefined if the adapter does not support it. */
export async function askProvider<Answer>(
  { id }: BillingAdapter,
  question: (call: BillingCall) => Promise<Answer | undefined> | undefined,
): Promise<ProviderAnswer<Answer>> {
  try {
    const answer = await withDeadline({ milliseconds: patience }, async (signal) =>
      question({ idempotencyKey: `reconcile:${randomUUID()}`, signal }),
    )
    return answer === undefined
      ? { notCompared: `The provider of "${id}" can not list subscriptions.` }
      : { answer }
  } catch (error) {
    // The message of any other error may contain personal data.
    return {
      notCompared: error instanceof StepError ? error.message : 'The billing provider gave no answer.',
    }
  }
}

/** Reads one subscription at its provider. The answer is undefined if the provider does not know the id. */
export async function readAtProvider(
  adapter: BillingAdapter,
  externalId: string,
): Promise<ProviderAnswer<ListedSubscription | undefined>> {
  const asked = await askProvider(adapter, (call) => adapter.listSubscriptions?.(call, { externalId }))
  if ('notCompared' in asked) return asked
  return { answer: asked.answer.subscriptions.find((subscription) => subscription.externalId === externalId) }
}
