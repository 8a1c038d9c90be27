import type { CallContext, InTransaction, StepPreview, WebhookRequest } from './call.ts'

/** The account that a provider is to bill. */
export interface BillingCustomer {
  /** The id of the account here, `org_…`. Put it on what you open, as metadata: it is how a lost subscription is recognised. */
  organizationId: string
  /** The name of the account, as it is to appear on invoices. */
  name: string
}

/** What an account is subscribed to. */
export interface BillingPlan {
  /** `trial`: for a limited time. `purchased`: until it is ended. What either costs is the provider's matter. */
  kind: 'trial' | 'purchased'
  /** Whole licenses. For a trial: how many there are. For a purchased plan: the upper limit. Default: no limit. */
  licenses?: number
  /** For a trial: whole days from now until it ends. A purchased plan has none. */
  trialDays?: number
}

/** A subscription at its provider. */
export interface BillingSubscription {
  /** The id of the account here, `org_…`. */
  organizationId: string
  /** What `ensureCustomer` answered. */
  customerExternalId: string
  /** What `ensureSubscription`, or the last `changePlan`, answered. */
  externalId: string
}

/** The licenses that were used in a month: distinct devices. A device counts once, under one kind of plan. */
export interface BillingUsage {
  /** Whole licenses that were used while the plan was a trial. */
  trial: number
  /** Whole licenses that were used while the plan was purchased. */
  purchased: number
}

/** What is billed: the usage of one subscription in one calendar month. */
export interface UsageReport {
  /** The subscription that is billed. It may have ended. */
  subscription: BillingSubscription
  /** A calendar month in UTC, `YYYY-MM`. */
  month: string
  /** All usage of the month, not what was added since an earlier report. */
  usage: BillingUsage
}

/** One line of an invoice or a credit note. */
export interface InvoiceLine {
  /** What is charged for, in words for people. */
  description: string
  /** Whole licenses. */
  quantity: number
  /** Integer minor units of the invoice's currency. Negative on a credit note. */
  unitAmount: number
  /** `quantity` times `unitAmount`, in integer minor units. */
  amount: number
}

/**
 * An invoice, or a credit note, as the provider issued it. It never changes afterwards.
 * Conformance: "an invoice adds up, and a credit note corrects it".
 */
export interface IssuedInvoice {
  /** The provider's id of it. It is kept once, however often it comes in. */
  externalId: string
  /** A credit note corrects an invoice, and its amounts are negative. */
  kind: 'invoice' | 'credit_note'
  /** The number that is printed on it. */
  number: string
  /** For a credit note: the `externalId` of the invoice that it corrects. An invoice has none. */
  corrects?: string
  /** The billed calendar month in UTC, `YYYY-MM`. Default: none, where the provider bills other periods. */
  month?: string
  /** ISO 4217, three capital letters, such as `USD`. */
  currency: string
  /** What it is made of. */
  lines: InvoiceLine[]
  /** The sum of the lines, in integer minor units. */
  total: number
  /** When the provider issued it. */
  issuedAt: Date
}

/** A subscription as its provider has it on record, found by the marks that our calls left on it. */
export interface ListedSubscription extends BillingSubscription {
  /** `ended`: the provider bills nothing under it any more. */
  status: 'open' | 'ended'
  /** When the subscription was opened. */
  createdAt: Date
}

/** A page of the subscriptions that `listSubscriptions` found. */
export interface SubscriptionPage {
  /** At most as many as were asked for. */
  subscriptions: ListedSubscription[]
  /** What `after` has to be for the next page. Default: this is the last page. */
  next?: string
}

/** The context of a billing call. `transaction` is there only for an adapter that is `transactional`. */
export type BillingCall = CallContext & Partial<InTransaction>

/**
 * What a provider tells by itself. `id` is the provider's own id of the event: each is taken once, however often it is
 * delivered. An event shows in the activity of the account that it is about, also when that account is recorded later.
 */
export type BillingEvent =
  /** The provider issued an invoice or a credit note: the API shows it from then on. */
  | { id: string; type: 'invoice_issued'; customerExternalId: string; invoice: IssuedInvoice }
  /** The provider could not charge for an invoice. */
  | { id: string; type: 'payment_failed'; customerExternalId: string; invoiceExternalId: string }
  /** The subscription has ended at the provider: `tenantry reconcile` reports it while it is in use here. */
  | { id: string; type: 'subscription_cancelled'; subscriptionExternalId: string }
  /** Anything else that the provider sends: it is accepted, and not kept. */
  | { id: string; type: 'ignored' }

/**
 * A billing provider. The example `examples/approval-and-flat-fee` has a whole one.
 *
 * Each call that has an effect is idempotent by its key: called again with the same key, it has no second effect and gives the
 * same answer (conformance: "called twice with one key has one effect, and the same answer both times"). A call throws only
 * `StepError`, without personal data and without secrets, and stops when the signal aborts. Its class is `retryable` when
 * another try with the same key may help, `needs_input` or `terminal` when the provider refuses the call, and `unknown_outcome`
 * when the call may have had its effect.
 *
 * `billingAdapterChecks` checks all of it.
 */
export interface BillingAdapter {
  /** Names the adapter, in kebab case, such as `stripe`. Requests name it in `plan.billingAdapter`; operators filter by it. */
  id: string
  /** What the adapter can do. */
  capabilities: {
    /**
     * `true`: the adapter keeps its records in our own Postgres, and its calls join the transaction of the step (conformance:
     * "in a transaction that is rolled back has no effect, and can be called again"). `false`: it calls a provider, outside of
     * any transaction.
     */
    transactional: boolean
  }
  /**
   * Checks that the provider is reachable and takes the credentials. It has no effect.
   * Conformance: "check succeeds when all is well, and has no effect".
   * @throws StepError that names what to fix.
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * Says what subscribing to this plan would mean, for a dry run. It has no effect, and asks nobody.
   * Conformance: "preview says in words what a plan would mean, and has no effect".
   */
  preview(plan: BillingPlan): StepPreview
  /**
   * Makes an account a customer of the provider. Another key may make another customer of the same account.
   * @returns the provider's id of the customer.
   * @throws StepError as said for the adapter; `needs_input` names the fields of the request that the provider refuses.
   */
  ensureCustomer(call: BillingCall, customer: BillingCustomer): Promise<{ externalId: string }>
  /**
   * Subscribes a customer to a plan, from now on.
   * @returns the provider's id of the subscription.
   * @throws StepError as said for the adapter.
   */
  ensureSubscription(
    call: BillingCall,
    subscription: { customerExternalId: string; organizationId: string; plan: BillingPlan },
  ): Promise<{ externalId: string }>
  /**
   * Puts a subscription on another plan from now on, such as from trial to purchased and back.
   * Conformance: "a plan is changed there and back, and the subscription can be billed afterwards".
   * @returns the provider's id of the subscription from now on, which may be another one.
   * @throws StepError as said for the adapter.
   */
  changePlan(
    call: BillingCall,
    change: { subscription: BillingSubscription; from: BillingPlan; to: BillingPlan },
  ): Promise<{ externalId: string }>
  /**
   * Bills the usage of a month. Of one subscription, each month is billed once. It is called after the month has ended, and
   * before that when the subscription ends within the month.
   * Conformance: "usage reported twice with one key is billed once, and readUsage shows it".
   * @returns the provider's id of the record, and the invoice where the provider issues it at once. An invoice that is issued
   * later comes in as a webhook.
   * @throws StepError as said for the adapter.
   */
  reportUsage(
    call: BillingCall,
    report: UsageReport,
  ): Promise<{ externalId: string; invoice?: IssuedInvoice }>
  /**
   * Reads what the provider has on record for a month, for reconciliation. It has no effect.
   * Conformance: "readUsage answers undefined for a month that was not reported".
   * @returns undefined when the provider has nothing on record.
   * @throws StepError as said for the adapter.
   */
  readUsage(call: BillingCall, report: Omit<UsageReport, 'usage'>): Promise<BillingUsage | undefined>
  /**
   * Corrects an invoice by a credit note of this amount, in positive integer minor units. Default: invoices of this provider
   * can't be credited through the API.
   * Conformance: "an invoice is not credited by more than its total, earlier credit notes included".
   * @returns the provider's id of the credit note, and the credit note.
   * @throws StepError `needs_input` or `terminal` when the amount is more than what is left of the invoice; otherwise as said
   * for the adapter.
   */
  creditInvoice?(
    call: BillingCall,
    credit: { subscription: BillingSubscription; invoice: IssuedInvoice; amount: number; reason: string },
  ): Promise<{ externalId: string; creditNote: IssuedInvoice }>
  /**
   * Ends a subscription now.
   * Conformance: "ending a subscription that has ended is harmless".
   * @throws StepError as said for the adapter.
   */
  cancel(call: BillingCall, subscription: BillingSubscription): Promise<void>
  /**
   * Lists the subscriptions that were opened from here: a page of those that have not ended, at most `limit` of them (up to
   * 100), or the one with an id, ended or not. What does not carry our marks is left out. It has no effect. Reconciliation
   * finds lost subscriptions by it. Default: this provider can't list them.
   * Conformance: "listSubscriptions has each open subscription once, page by page, with whose it is".
   * @returns undefined when this provider can't list them; an empty page for an id that the provider does not know.
   * @throws StepError as said for the adapter.
   */
  listSubscriptions?(
    call: BillingCall,
    wanted: { externalId: string } | { after?: string; limit: number },
  ): Promise<SubscriptionPage | undefined>
  /**
   * Asks what an earlier call with this key did, after its answer was lost. It has no effect.
   * Conformance: "find answers undefined for a key that was never used".
   * @returns the `externalId` that the earlier call answered, or would have; undefined when the call never arrived. Nobody asks
   * about `cancel`, which answers nothing.
   * @throws StepError as said for the adapter.
   */
  find(call: BillingCall): Promise<{ externalId: string } | undefined>
  /**
   * Verifies and reads what the provider posts to `/v1/billing/{id}/webhooks`. Default: nothing is taken there.
   * Conformance: "parseWebhook refuses a webhook that is not signed".
   * @throws StepError `webhook_refused` when the signature does not fit.
   */
  parseWebhook?(request: WebhookRequest): BillingEvent
}
