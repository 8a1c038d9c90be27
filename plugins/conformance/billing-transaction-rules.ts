import { externalIdIn, newKey, type Operation, operations } from './billing-operations.ts'
import { adapterOf, callInTransaction } from './billing-stage.ts'
import type { TransactionalSubject } from './billing-subject.ts'
import { type Check, countingEffects, ensureSame } from './check.ts'
import { rolledBack } from './rolled-back.ts'

/** Effects commit together with the step that made them, or not at all. */
export function transactionRules(subject: TransactionalSubject): Check[] {
  return operations.flatMap((operation) => rulesFor(subject, operation))
}

function rulesFor(subject: TransactionalSubject, operation: Operation): Check[] {
  const { name, findable, prepare } = operation
  return [
    {
      name: `${name} in a transaction that is rolled back has no effect, and can be called again`,
      run: async () => {
        const adapter = adapterOf(subject)
        const calling = callInTransaction(subject)
        const call = await prepare(adapter, calling)
        if (call === undefined) return
        const expected = await effectsUndisturbed(subject, operation)
        const key = newKey()
        const signal = new AbortController().signal
        await countingEffects(subject, 0, `${name}, rolled back`, () =>
          rolledBack(
            (body) => subject.transact(body),
            (context) => call(adapter, { ...context, idempotencyKey: key, signal }),
          ),
        )
        const found = await calling(adapter, key, (on, asking) => on.find(asking))
        ensureSame(found, undefined, `What find answers for ${name} after a rollback`)
        const answer = await countingEffects(subject, expected, `${name} after a rollback`, () =>
          calling(adapter, key, call),
        )
        if (findable) externalIdIn(answer, name)
      },
    },
    {
      name: `${name} called with one key in two transactions at once has one effect, and one answer`,
      run: async () => {
        const adapter = adapterOf(subject)
        const calling = callInTransaction(subject)
        const call = await prepare(adapter, calling)
        if (call === undefined) return
        const expected = await effectsUndisturbed(subject, operation)
        const key = newKey()
        const [first, second] = await countingEffects(
          subject,
          expected,
          `${name} in two transactions at once`,
          () => Promise.all([calling(adapter, key, call), calling(adapter, key, call)]),
        )
        ensureSame(second, first, `The second answer to ${name}`)
      },
    },
  ]
}

/** How many effects the call has when nothing goes wrong. */
async function effectsUndisturbed(subject: TransactionalSubject, { prepare }: Operation): Promise<number> {
  const adapter = adapterOf(subject)
  const calling = callInTransaction(subject)
  const call = await prepare(adapter, calling)
  const before = await subject.countEffects()
  if (call !== undefined) await calling(adapter, newKey(), call)
  return (await subject.countEffects()) - before
}
