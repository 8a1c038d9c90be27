import { aSubscription, newKey, purchased, trial } from './billing-operations.ts'
import { lastMonth } from './last-month.ts'
import type { Stage } from './billing-stage.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { ending, failureOf } from './failures.ts'

const within = 10_000

/** Questions have no effect, and say when there is nothing. */
export function askingRules(stage: Stage): Check[] {
  return [
    {
      name: 'check succeeds when all is well, and has no effect',
      run: () =>
        stage.on((adapter) =>
          countingEffects(stage, 0, 'check', () =>
            ending(() => adapter.check(new AbortController().signal), { when: 'With all well', within }),
          ),
        ),
    },
    {
      name: 'find answers undefined for a key that was never used',
      run: () =>
        stage.on(async (adapter, calling) => {
          const found = await calling(adapter, newKey(), (on, call) => on.find(call))
          ensureSame(found, undefined, 'What find answers for a key that was never used')
        }),
    },
    {
      name: 'preview says in words what a plan would mean, and has no effect',
      run: () =>
        stage.on((adapter) =>
          countingEffects(stage, 0, 'preview', async () => {
            for (const plan of [trial, purchased, { kind: 'purchased' as const }]) {
              const { summary } = adapter.preview(plan)
              ensure(summary.trim() !== '', `preview has no summary for a ${plan.kind} plan.`)
            }
          }),
        ),
    },
    {
      name: 'readUsage answers undefined for a month that was not reported',
      run: () =>
        stage.on(async (adapter, calling) => {
          const subscription = await aSubscription(adapter, calling, purchased)
          const read = await calling(adapter, newKey(), (on, call) =>
            on.readUsage(call, { subscription, month: lastMonth() }),
          )
          ensureSame(read, undefined, 'What readUsage answers for a month that was not reported')
        }),
    },
    {
      name: 'parseWebhook refuses a webhook that is not signed',
      run: () =>
        stage.on(async ({ parseWebhook }) => {
          if (parseWebhook === undefined) return
          const request = { headers: {}, body: '{"id":"evt_1","type":"ignored"}' }
          const error = await failureOf(async () => parseWebhook(request), {
            when: 'With a webhook that is not signed',
            classes: ['retryable', 'needs_input', 'terminal'],
            within,
          })
          ensureSame(error.code, 'webhook_refused', 'The code for a webhook that is not signed')
        }),
    },
  ]
}
