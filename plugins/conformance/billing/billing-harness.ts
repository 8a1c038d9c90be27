import type { BillingAdapter } from '../../plugin-contract.ts'
import { type CallAdapter, newKey } from './billing-methods.ts'
import { type ProviderSubject, type TransactionalSubject, withAdapter } from './billing-subject.ts'
import { type Check, ensure } from '../check.ts'
import { type HttpProxy, throughHttpProxy } from '../faults/http-proxy.ts'

/** Makes the checks that need no faults, in the same way for adapters with a provider and adapters in our own Postgres. */
export interface Harness {
  /** A check whose body gets an adapter and a function that calls it. */
  check(name: string, body: (callAdapter: CallAdapter, adapter: BillingAdapter) => Promise<void>): Check
  /** The number of effects until now. */
  countEffects(): Promise<number>
  /** The present name of a customer. */
  customerName(externalId: string): Promise<string | undefined>
}

/** For an adapter that calls a provider. */
export function calledDirectly(subject: ProviderSubject): Harness {
  return {
    check: (name, body) => ({
      name,
      run: () =>
        withAdapter(subject.connect(subject.providerUrl), (adapter) => body(callDirectly(adapter), adapter)),
    }),
    countEffects: () => subject.countEffects(),
    customerName: (externalId) => subject.customerName(externalId),
  }
}

/** Calls the adapter outside of any transaction, with a signal that does not abort. */
export function callDirectly(adapter: BillingAdapter): CallAdapter {
  return (body, key = newKey()) =>
    body(adapter, { idempotencyKey: key, signal: new AbortController().signal })
}

/** Gives `body` the adapter, connected to its provider through a proxy. */
export function throughProxy<Result>(
  subject: ProviderSubject,
  body: (adapter: BillingAdapter, proxy: HttpProxy) => Promise<Result>,
): Promise<Result> {
  return throughHttpProxy(subject.providerUrl, (proxy) =>
    withAdapter(subject.connect(proxy.url), (adapter) => body(adapter, proxy)),
  )
}

/** For an adapter that keeps its records in our own Postgres: each call has a transaction of its own. */
export function calledInTransactions(subject: TransactionalSubject): Harness {
  return {
    check: (name, body) => ({
      name,
      run: async () => {
        const adapter = adapterOf(subject)
        await body(callInTransaction(subject, adapter), adapter)
      },
    }),
    countEffects: () => subject.countEffects(),
    customerName: (externalId) => subject.customerName(externalId),
  }
}

/** Calls the adapter in a transaction of its own, with a signal that does not abort. */
function callInTransaction(subject: TransactionalSubject, adapter: BillingAdapter): CallAdapter {
  return (body, key = newKey()) =>
    subject.transact((context) =>
      body(adapter, { ...context, idempotencyKey: key, signal: new AbortController().signal }),
    )
}

/** The adapter of the subject. The plug-in stays open, because it uses the database connection of the subject. */
function adapterOf({ plugin }: TransactionalSubject): BillingAdapter {
  const adapter = plugin.billing?.[0]
  ensure(adapter !== undefined, `The plug-in "${plugin.name}" brings no billing adapter.`)
  ensure(
    adapter.capabilities.transactional,
    `The adapter "${adapter.id}" does not say that it is transactional.`,
  )
  return adapter
}
