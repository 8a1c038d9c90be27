import { newKey, billingMethods } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'

/** Rules for idempotency: a call with the same key has one effect, and returns the same answer. */
export function keyRules(harness: Harness): Check[] {
  return billingMethods.map(({ name, findable, prepare }) => ({
    name: `${name} called twice with the same key has one effect, and returns the same answer`,
    run: () =>
      harness.use(async (adapter, callAdapter) => {
        const call = await prepare(adapter, callAdapter)
        if (call === undefined) return
        const key = newKey()
        const before = await harness.countEffects()
        const first = await callAdapter(adapter, key, call)
        ensure((await harness.countEffects()) > before, `${name} had no effect that could be counted.`)
        const second = await expectEffects(harness, 0, `${name} again with the same key`, () =>
          callAdapter(adapter, key, call),
        )
        ensureSame(second, first, `The answer to ${name} again with the same key`)
        if (!findable) return
        const found = await callAdapter(adapter, key, (target, context) => target.find(context))
        ensureSame(
          found?.externalId,
          (first as { externalId: string }).externalId,
          `The externalId that find returns for the key of ${name}`,
        )
      }),
  }))
}
