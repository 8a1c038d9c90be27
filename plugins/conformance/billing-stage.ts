import type { BillingAdapter } from '../plugin-contract.ts'
import type { Calling } from './billing-operations.ts'
import { type ProviderSubject, type TransactionalSubject, withAdapter } from './billing-subject.ts'
import { ensure } from './check.ts'

/** An adapter in good surroundings: how to get at it, how to call it, how to count what it does. */
export interface Stage {
  on<Result>(body: (adapter: BillingAdapter, calling: Calling) => Promise<Result>): Promise<Result>
  countEffects(): Promise<number>
}

export function calledDirectly(subject: ProviderSubject): Stage {
  return {
    on: (body) => withAdapter(subject.connect(subject.providerUrl), (adapter) => body(adapter, callDirectly)),
    countEffects: () => subject.countEffects(),
  }
}

export const callDirectly: Calling = (adapter, key, body) =>
  body(adapter, { idempotencyKey: key, signal: new AbortController().signal })

export function calledInTransactions(subject: TransactionalSubject): Stage {
  return {
    on: (body) => body(adapterOf(subject), callInTransaction(subject)),
    countEffects: () => subject.countEffects(),
  }
}

export function callInTransaction(subject: TransactionalSubject): Calling {
  return (adapter, key, body) =>
    subject.transact((context) =>
      body(adapter, { ...context, idempotencyKey: key, signal: new AbortController().signal }),
    )
}

/** The plug-in stays open: it shares the database with whoever made it. */
export function adapterOf({ plugin }: TransactionalSubject): BillingAdapter {
  const adapter = plugin.billing?.[0]
  ensure(adapter !== undefined, `The plug-in "${plugin.name}" brings no billing adapter.`)
  ensure(
    adapter.capabilities.transactional,
    `The adapter "${adapter.id}" does not say that it is transactional.`,
  )
  return adapter
}
