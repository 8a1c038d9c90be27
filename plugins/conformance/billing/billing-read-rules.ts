import { lastMonth, newSubscription, purchased, trial } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, withinTime } from '../faults/failures.ts'

/** Rules for the calls that only read: they have no effect, and return undefined when the provider has nothing on record. */
export function readRules(harness: Harness): Check[] {
  return [
    harness.check('check succeeds when the provider is up, and has no effect', (_, adapter) =>
      expectEffects(harness, 0, 'check', () =>
        withinTime(() => adapter.check(new AbortController().signal), {
          when: 'With the provider up',
          within: 10_000,
        }),
      ),
    ),
    harness.check('find returns undefined for a key that was never used', async (callAdapter) => {
      const found = await callAdapter((target, call) => target.find(call))
      ensureSame(found, undefined, 'The result of find for a key that was never used')
    }),
    harness.check('preview returns a summary for each kind of plan, and has no effect', (_, adapter) =>
      expectEffects(harness, 0, 'preview', async () => {
        for (const plan of [trial, purchased, { kind: 'purchased' as const }]) {
          const { summary } = adapter.preview(plan)
          ensure(summary.trim() !== '', `preview has no summary for a ${plan.kind} plan.`)
        }
      }),
    ),
    harness.check('readUsage returns undefined for a month that was not reported', async (callAdapter) => {
      const subscription = await newSubscription(callAdapter, purchased)
      const read = await callAdapter((target, call) =>
        target.readUsage(call, { subscription, month: lastMonth() }),
      )
      ensureSame(read, undefined, 'The result of readUsage for a month that was not reported')
    }),
    harness.check('parseWebhook refuses a webhook without a signature', async (_, { parseWebhook }) => {
      if (parseWebhook === undefined) return
      const request = { headers: {}, body: '{"id":"evt_1","type":"ignored"}' }
      const error = await failureOf(async () => parseWebhook(request), {
        when: 'With a webhook without a signature',
        classes: ['retryable', 'needs_input', 'terminal'],
      })
      ensureSame(error.code, 'webhook_refused', 'The code for a webhook without a signature')
    }),
  ]
}
