import { randomUUID } from 'node:crypto'
import { withDeadline } from '../../domain/calls/deadline.ts'
import {
  type BillingAdapter,
  type BillingCall,
  type ListedSubscription,
  StepError,
} from '../../plugins/plugin-contract.ts'

/** Milliseconds that a provider has for one answer. */
const patience = 10_000

/** What a provider answers to a question, or why there is no answer, in plain words. */
export type Asked<Answer> = { answer: Answer } | { notCompared: string }

/** Asks a provider something that has no effect. */
export async function askProvider<Answer>(
  { id }: BillingAdapter,
  question: (call: BillingCall) => Promise<Answer | undefined> | undefined,
): Promise<Asked<Answer>> {
  try {
    const answer = await withDeadline({ milliseconds: patience }, async (signal) =>
      question({ idempotencyKey: `reconcile:${randomUUID()}`, signal }),
    )
    return answer === undefined
      ? { notCompared: `The provider of "${id}" can not list subscriptions.` }
      : { answer }
  } catch (error) {
    // Whatever else a plug-in throws may quote personal data.
    return {
      notCompared: error instanceof StepError ? error.message : 'The billing provider gave no answer.',
    }
  }
}

/** One subscription as its provider has it; undefined when it knows none of this id. */
export async function readAtProvider(
  adapter: BillingAdapter,
  externalId: string,
): Promise<Asked<ListedSubscription | undefined>> {
  const asked = await askProvider(adapter, (call) => adapter.listSubscriptions?.(call, { externalId }))
  if ('notCompared' in asked) return asked
  return { answer: asked.answer.subscriptions.find((subscription) => subscription.externalId === externalId) }
}
