import { externalIdIn, newKey, type BillingMethod, billingMethods } from './billing-methods.ts'
import { adapterOf, callInTransaction } from './billing-harness.ts'
import type { TransactionalSubject } from './billing-subject.ts'
import { type Check, expectEffects, ensureSame } from '../check.ts'
import { rolledBack } from '../rolled-back.ts'

/** Rules for an adapter that keeps its records in our own Postgres: its effects commit with the transaction of the step. */
export function transactionRules(subject: TransactionalSubject): Check[] {
  return billingMethods.flatMap((method) => rulesFor(subject, method))
}

function rulesFor(subject: TransactionalSubject, method: BillingMethod): Check[] {
  const { name, findable, prepare } = method
  return [
    {
      name: `${name} in a transaction that rolls back has no effect, and can be called again`,
      run: async () => {
        const adapter = adapterOf(subject)
        const callAdapter = callInTransaction(subject)
        const call = await prepare(adapter, callAdapter)
        if (call === undefined) return
        const expected = await countWithoutFaults(subject, method)
        const key = newKey()
        const signal = new AbortController().signal
        await expectEffects(subject, 0, `${name}, rolled back`, () =>
          rolledBack(
            (body) => subject.transact(body),
            (context) => call(adapter, { ...context, idempotencyKey: key, signal }),
          ),
        )
        const found = await callAdapter(adapter, key, (target, context) => target.find(context))
        ensureSame(found, undefined, `The result of find for ${name} after a rollback`)
        const answer = await expectEffects(subject, expected, `${name} after a rollback`, () =>
          callAdapter(adapter, key, call),
        )
        if (findable) externalIdIn(answer, name)
      },
    },
    {
      name: `${name} called with the same key in two concurrent transactions has one effect, and returns the same answer`,
      run: async () => {
        const adapter = adapterOf(subject)
        const callAdapter = callInTransaction(subject)
        const call = await prepare(adapter, callAdapter)
        if (call === undefined) return
        const expected = await countWithoutFaults(subject, method)
        const key = newKey()
        const [first, second] = await expectEffects(
          subject,
          expected,
          `${name} in two concurrent transactions`,
          () => Promise.all([callAdapter(adapter, key, call), callAdapter(adapter, key, call)]),
        )
        ensureSame(second, first, `The second answer to ${name}`)
      },
    },
  ]
}

/** Returns the number of effects of the call when no fault occurs. */
async function countWithoutFaults(
  subject: TransactionalSubject,
  { prepare }: BillingMethod,
): Promise<number> {
  const adapter = adapterOf(subject)
  const callAdapter = callInTransaction(subject)
  const call = await prepare(adapter, callAdapter)
  const before = await subject.countEffects()
  if (call !== undefined) await callAdapter(adapter, newKey(), call)
  return (await subject.countEffects()) - before
}
