import type { BillingAdapter, BillingCall, InTransaction, Plugin } from '../../plugin-contract.ts'
import { ensure } from '../check.ts'

/** An adapter that calls its provider over HTTP. The kit puts a proxy between the two. */
export interface ProviderSubject {
  /** The HTTP address of the provider that the tests use. The provider keeps state, as the real one does. */
  providerUrl: string
  /** Returns the plug-in, set to the provider at this address. The kit checks its first billing adapter. */
  connect(providerUrl: string): Plugin
  /** As `connect`, with credentials that the provider refuses. */
  connectWithWrongCredentials(providerUrl: string): Plugin
  /** The number of effects at the provider until now: customers, subscriptions, plan changes, usage reports and so on. */
  countEffects(): Promise<number>
  /** The present name of a customer at the provider; undefined when the provider does not have the customer. */
  customerName(externalId: string): Promise<string | undefined>
  /**
   * Makes the provider forget all idempotency keys, as Stripe does after 24 hours. It keeps its records. Default: the kit does not
   * check repeats with forgotten keys.
   */
  forgetKeys?(): Promise<void>
  /** Makes a call with data that the provider refuses. Default: the kit does not check bad input. */
  callWithBadInput?(adapter: BillingAdapter, call: BillingCall): Promise<unknown>
  /** Keys, tokens and passwords that no error may quote, both correct and wrong ones. */
  secrets: readonly string[]
  /** The milliseconds that the adapter waits for one answer. Set it low for the tests. */
  patience: number
}

/** An adapter that keeps its records in our own Postgres. */
export interface TransactionalSubject {
  plugin: Plugin
  /** Runs `body` in a transaction, and rolls the transaction back when `body` throws. */
  transact<Result>(body: (context: InTransaction) => Promise<Result>): Promise<Result>
  /** The number of effects that were committed until now. */
  countEffects(): Promise<number>
  /** The present name of a customer; undefined when there is no such customer. */
  customerName(externalId: string): Promise<string | undefined>
}

export type BillingSubject = ProviderSubject | TransactionalSubject

/** Gives `body` the first billing adapter of the plug-in, and closes the plug-in afterwards. */
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
