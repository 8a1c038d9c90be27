import { newKey, operations } from './billing-operations.ts'
import type { Stage } from './billing-stage.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'

/** Same key, same call: one effect, one answer. */
export function keyRules(stage: Stage): Check[] {
  return operations.map(({ name, findable, prepare }) => ({
    name: `${name} called twice with one key has one effect, and the same answer both times`,
    run: () =>
      stage.on(async (adapter, calling) => {
        const call = await prepare(adapter, calling)
        if (call === undefined) return
        const key = newKey()
        const before = await stage.countEffects()
        const first = await calling(adapter, key, call)
        ensure((await stage.countEffects()) > before, `${name} had no effect that could be counted.`)
        const second = await countingEffects(stage, 0, `${name} again with the same key`, () =>
          calling(adapter, key, call),
        )
        ensureSame(second, first, `The answer to ${name} again with the same key`)
        if (!findable) return
        const found = await calling(adapter, key, (on, asking) => on.find(asking))
        ensureSame(
          found?.externalId,
          (first as { externalId: string }).externalId,
          `The externalId that find answers for the key of ${name}`,
        )
      }),
  }))
}
