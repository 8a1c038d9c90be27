import type { BillingAdapter } from '../../plugin-contract.ts'
import {
  type BillingMethod,
  billingMethods,
  type CallAdapter,
  externalIdIn,
  newKey,
} from './billing-methods.ts'
import { calledInTransactions } from './billing-harness.ts'
import type { TransactionalSubject } from './billing-subject.ts'
import { type Check, expectEffects, ensureSame } from '../check.ts'
import { rolledBack } from '../rolled-back.ts'

/** Rules for an adapter that keeps its records in our own Postgres: its effects commit with the transaction of the step. */
export function transactionRules(subject: TransactionalSubject): Check[] {
  const { check } = calledInTransactions(subject)
  return billingMethods.flatMap(({ name, findable, prepare }) => [
    check(
      `${name} in a transaction that rolls back has no effect, and can be called again`,
      async (callAdapter, adapter) => {
        const { call, effects } = await prepareAndCount(subject, prepare, callAdapter, adapter)
        if (call === undefined) return
        const key = newKey()
        const signal = new AbortController().signal
        await expectEffects(subject, 0, `${name}, rolled back`, () =>
          rolledBack(
            (body) => subject.transact(body),
            (context) => call(adapter, { ...context, idempotencyKey: key, signal }),
          ),
        )
        const found = await callAdapter((target, context) => target.find(context), key)
        ensureSame(found, undefined, `The result of find for ${name} after a rollback`)
        const what = `${name} after a rollback`
        const answer = await expectEffects(subject, effects, what, () => callAdapter(call, key))
        if (findable) externalIdIn(answer, name)
      },
    ),
    check(
      `${name} called with the same key in two concurrent transactions has one effect, and returns the same answer`,
      async (callAdapter, adapter) => {
        const { call, effects } = await prepareAndCount(subject, prepare, callAdapter, adapter)
        if (call === undefined) return
        const key = newKey()
        const what = `${name} in two concurrent transactions`
        const [first, second] = await expectEffects(subject, effects, what, () =>
          Promise.all([callAdapter(call, key), callAdapter(call, key)]),
        )
        ensureSame(second, first, `The second answer to ${name}`)
      },
    ),
  ])
}

/** Prepares the call. Makes another such call, and returns the number of its effects when no fault occurs. */
async function prepareAndCount(
  subject: TransactionalSubject,
  prepare: BillingMethod['prepare'],
  callAdapter: CallAdapter,
  adapter: BillingAdapter,
) {
  const call = await prepare(callAdapter, adapter)
  const other = await prepare(callAdapter, adapter)
  const before = await subject.countEffects()
  if (other !== undefined) await callAdapter(other)
  return { call, effects: (await subject.countEffects()) - before }
}
