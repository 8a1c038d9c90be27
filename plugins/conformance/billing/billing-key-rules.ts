import type { BillingAnswer } from '../../plugin-contract.ts'
import { newKey, billingMethods } from './billing-methods.ts'
import type { Harness } from './billing-harness.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'

/** Rules for idempotency: a call with the same key has one effect, and returns the same answer. */
export function keyRules(harness: Harness): Check[] {
  return billingMethods.map(({ name, findable, prepare }) =>
    harness.check(
      `${name} called twice with the same key has one effect, and returns the same answer`,
      async (callAdapter, adapter) => {
        const call = await prepare(callAdapter, adapter)
        if (call === undefined) return
        const key = newKey()
        const before = await harness.countEffects()
        const first = await callAdapter(call, key)
        ensure((await harness.countEffects()) > before, `${name} had no effect that could be counted.`)
        const again = `${name} again with the same key`
        const second = await expectEffects(harness, 0, again, () => callAdapter(call, key))
        ensureSame(second, first, `The answer to ${again}`)
        if (!findable) return
        const found = await callAdapter((target, context) => target.find(context), key)
        ensureSame(partsOf(found), partsOf(first), `The answer that find returns for the key of ${name}`)
      },
    ),
  )
}

/** The parts of an answer that `find` returns too. */
export function partsOf(answer: unknown) {
  const { externalId, invoice, creditNote }: Partial<BillingAnswer> = Object(answer)
  return { externalId, invoice, creditNote }
}
