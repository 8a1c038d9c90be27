import { newSubscription, newKey, purchased, trial } from './billing-methods.ts'
import { lastMonth } from './last-month.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, withinTime } from '../faults/failures.ts'

/** Milliseconds for a call that needs no waiting. */
const within = 10_000

/** Rules for the calls that only read: they have no effect, and return undefined when the provider has nothing on record. */
export function readRules(harness: Harness): Check[] {
  return [
    {
      name: 'check succeeds when the provider is up, and has no effect',
      run: () =>
        harness.use((adapter) =>
          expectEffects(harness, 0, 'check', () =>
            withinTime(() => adapter.check(new AbortController().signal), {
              when: 'With the provider up',
              within,
            }),
          ),
        ),
    },
    {
      name: 'find returns undefined for a key that was never used',
      run: () =>
        harness.use(async (adapter, callAdapter) => {
          const found = await callAdapter(adapter, newKey(), (target, call) => target.find(call))
          ensureSame(found, undefined, 'The result of find for a key that was never used')
        }),
    },
    {
      name: 'preview returns a summary for each kind of plan, and has no effect',
      run: () =>
        harness.use((adapter) =>
          expectEffects(harness, 0, 'preview', async () => {
            for (const plan of [trial, purchased, { kind: 'purchased' as const }]) {
              const { summary } = adapter.preview(plan)
              ensure(summary.trim() !== '', `preview has no summary for a ${plan.kind} plan.`)
            }
          }),
        ),
    },
    {
      name: 'readUsage returns undefined for a month that was not reported',
      run: () =>
        harness.use(async (adapter, callAdapter) => {
          const subscription = await newSubscription(adapter, callAdapter, purchased)
          const read = await callAdapter(adapter, newKey(), (target, call) =>
            target.readUsage(call, { subscription, month: lastMonth() }),
          )
          ensureSame(read, undefined, 'The result of readUsage for a month that was not reported')
        }),
    },
    {
      name: 'parseWebhook refuses a webhook without a signature',
      run: () =>
        harness.use(async ({ parseWebhook }) => {
          if (parseWebhook === undefined) return
          const request = { headers: {}, body: '{"id":"evt_1","type":"ignored"}' }
          const error = await failureOf(async () => parseWebhook(request), {
            when: 'With a webhook without a signature',
            classes: ['retryable', 'needs_input', 'terminal'],
            within,
          })
          ensureSame(error.code, 'webhook_refused', 'The code for a webhook without a signature')
        }),
    },
  ]
}
