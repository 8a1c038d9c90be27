import type { BillingAdapter, BillingCall, InTransaction, Plugin } from '../plugin-contract.ts'
import { ensure } from './check.ts'

/** An adapter that calls its provider over HTTP. The kit puts a proxy of its own in between. */
export interface ProviderSubject {
  /** Where the provider that the tests use listens, by HTTP. It keeps state, as the real one does. */
  providerUrl: string
  /** The plug-in with the provider at this address. Its first billing adapter is checked. */
  connect(providerUrl: string): Plugin
  /** The same with credentials that the provider refuses. */
  connectWithWrongCredentials(providerUrl: string): Plugin
  /** How many effects calls had at the provider up to now: customers, subscriptions, changes of plan, usage, and so on. */
  countEffects(): Promise<number>
  /** A call with data that the provider refuses, where there is such. */
  callWithBadInput?(adapter: BillingAdapter, call: BillingCall): Promise<unknown>
  /** Keys, tokens and passwords that no error may quote, right and wrong ones. */
  secrets: readonly string[]
  /** Milliseconds after which the adapter gives up waiting; set it low for the tests. */
  patience: number
}

/** An adapter that keeps its records in our own Postgres. */
export interface TransactionalSubject {
  plugin: Plugin
  /** Runs `body` in a transaction, which is rolled back when it throws. */
  transact<Result>(body: (context: InTransaction) => Promise<Result>): Promise<Result>
  /** How many effects calls had that were committed up to now. */
  countEffects(): Promise<number>
}

export type BillingSubject = ProviderSubject | TransactionalSubject

/** The adapter that a plug-in brings, for as long as `body` runs. */
export async function withAdapter<Result>(
  plugin: Plugin,
  body: (adapter: BillingAdapter) => Promise<Result>,
): Promise<Result> {
  const adapter = plugin.billing?.[0]
  ensure(adapter !== undefined, `The plug-in "${plugin.name}" brings no billing adapter.`)
  try {
    return await body(adapter)
  } finally {
    await plugin.close?.()
  }
}

/** Milliseconds well beyond the adapter's patience with one request: its client may repeat by itself a few times. */
export function limit({ patience }: ProviderSubject): number {
  return patience * 4 + 5_000
}
