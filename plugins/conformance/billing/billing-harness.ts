import type { BillingAdapter } from '../../plugin-contract.ts'
import type { CallAdapter } from './billing-methods.ts'
import { type ProviderSubject, type TransactionalSubject, withAdapter } from './billing-subject.ts'
import { ensure } from '../check.ts'

/** Runs the checks that need no faults, in the same way for adapters with a provider and adapters in our own Postgres. */
export interface Harness {
  /** Gives `body` an adapter and a function that calls it. */
  use<Result>(body: (adapter: BillingAdapter, callAdapter: CallAdapter) => Promise<Result>): Promise<Result>
  /** The number of effects until now. */
  countEffects(): Promise<number>
}

/** For an adapter that calls a provider. */
export function calledDirectly(subject: ProviderSubject): Harness {
  return {
    use: (body) =>
      withAdapter(subject.connect(subject.providerUrl), (adapter) => body(adapter, callDirectly)),
    countEffects: () => subject.countEffects(),
  }
}

/** Calls the adapter outside of any transaction, with a signal that does not abort. */
export const callDirectly: CallAdapter = (adapter, key, body) =>
  body(adapter, { idempotencyKey: key, signal: new AbortController().signal })

/** For an adapter that keeps its records in our own Postgres: each call has a transaction of its own. */
export function calledInTransactions(subject: TransactionalSubject): Harness {
  return {
    use: (body) => body(adapterOf(subject), callInTransaction(subject)),
    countEffects: () => subject.countEffects(),
  }
}

/** Calls the adapter in a transaction of its own, with a signal that does not abort. */
export function callInTransaction(subject: TransactionalSubject): CallAdapter {
  return (adapter, key, body) =>
    subject.transact((context) =>
      body(adapter, { ...context, idempotencyKey: key, signal: new AbortController().signal }),
    )
}

/** The adapter of the subject. The plug-in stays open, because it uses the database connection of the subject. */
export function adapterOf({ plugin }: TransactionalSubject): BillingAdapter {
  const adapter = plugin.billing?.[0]
  ensure(adapter !== undefined, `The plug-in "${plugin.name}" brings no billing adapter.`)
  ensure(
    adapter.capabilities.transactional,
    `The adapter "${adapter.id}" does not say that it is transactional.`,
  )
  return adapter
}
