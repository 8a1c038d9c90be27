import type { CallContext, InTransaction, StepPreview, WebhookRequest } from './call.ts'

/** The account that a provider bills. */
export interface BillingCustomer {
  /** The id of the account, `org_…`. Store it as metadata at the provider: reconciliation finds a lost subscription by it. */
  organizationId: string
  /** The name of the account, as invoices show it. */
  name: string
}

/** The plan of an account. */
export interface BillingPlan {
  /** `trial`: for a limited time. `purchased`: until the subscription is ended. The provider sets the prices. */
  kind: 'trial' | 'purchased'
  /** Whole licenses. For a trial: their number. For a purchased plan: the upper limit. Default: no limit. */
  licenses?: number
  /** For a trial: whole days from now until it ends. A purchased plan has none. */
  trialDays?: number
}

/** A subscription at its provider. */
export interface BillingSubscription {
  /** The id of the account, `org_…`. */
  organizationId: string
  /** The id that `ensureCustomer` returned. */
  customerExternalId: string
  /** The id that `ensureSubscription`, or the last `changePlan`, returned. */
  externalId: string
}

/** The licenses that were used in a month: distinct devices. A device counts once, under one kind of plan. */
export interface BillingUsage {
  /** Whole licenses that were used while the plan was a trial. */
  trial: number
  /** Whole licenses that were used while the plan was purchased. */
  purchased: number
}

/** Usage of one subscription in one calendar month that no earlier report has. */
export interface UsageReport {
  /** The subscription that is billed. It may have ended. */
  subscription: BillingSubscription
  /** A calendar month in UTC, `YYYY-MM`. */
  month: string
  /** The licenses to charge now, in addition to those of earlier reports of the month. */
  usage: BillingUsage
  /**
   * The whole licenses among `usage.purchased` that an earlier report of the month has as trial, for this subscription or an
   * earlier one of the account. A provider that charges for trial licenses credits the trial price of each.
   */
  converted: number
}

/** A month of a subscription, to be read. */
export type ReportedMonth = Pick<UsageReport, 'subscription' | 'month'>

/** One line of an invoice or a credit note. */
export interface InvoiceLine {
  /** The charge, in words for people. */
  description: string
  /**
   * Whole licenses: the lines of an invoice with one description have together at most the reported licenses. A fee, a tax or
   * a discount has 1.
   */
  quantity: number
  /** Integer minor units of the invoice's currency. Negative on a credit note. */
  unitAmount: number
  /** `quantity` times `unitAmount`, in integer minor units. */
  amount: number
}

/**
 * An invoice, or a credit note, as the provider issued it. It never changes afterwards. One that contradicts our records, or what
 * the adapter was asked for, is kept aside: the call counts all the same, and a webhook is answered with 422 `document_unfit`.
 * Conformance: "an invoice adds up, and a credit note corrects it".
 */
export interface IssuedInvoice {
  /** The provider's id of the document. A repeated id is stored once. */
  externalId: string
  /** A credit note corrects an invoice, and its amounts are negative. */
  kind: 'invoice' | 'credit_note'
  /** The number that is printed on the document. */
  number: string
  /** For a credit note: the `externalId` of the invoice that it corrects. An invoice has none. */
  corrects?: string
  /** The billed calendar month in UTC, `YYYY-MM`. Default: none, where the provider bills other periods. */
  month?: string
  /** ISO 4217, three capital letters, such as `USD`. */
  currency: string
  /** The lines of the document. */
  lines: InvoiceLine[]
  /** The sum of the lines, in integer minor units. */
  total: number
  /** When the provider issued it. */
  issuedAt: Date
}

/** The answer to a call with an effect, as `find` returns it. */
export interface BillingAnswer {
  /** The id that the call returned. */
  externalId: string
  /** For `reportUsage`: the invoice, where the provider issued it at once. */
  invoice?: IssuedInvoice
  /** For `creditInvoice`: the credit note. */
  creditNote?: IssuedInvoice
}

/** A subscription as its provider has it on record, found by our metadata. */
export interface ListedSubscription extends BillingSubscription {
  /** `ended`: the provider does not bill the subscription any more. */
  status: 'open' | 'ended'
  /** When the subscription was opened. */
  createdAt: Date
}

/** A page of the subscriptions that `listSubscriptions` found. */
export interface SubscriptionPage {
  /** At most `limit` subscriptions. */
  subscriptions: ListedSubscription[]
  /** The value of `after` for the next page. Default: this is the last page. */
  next?: string
}

/** The context of a billing call. Only a `transactional` adapter gets a `transaction`. */
export type BillingCall = CallContext & Partial<InTransaction>

/**
 * An event in a webhook of a provider. `id` is the provider's own id of the event. A repeated id is ignored. The activity of the
 * account shows its events, also those that arrive before the account is recorded.
 */
export type BillingEvent =
  /** The provider issued an invoice or a credit note. The API shows it if it fits. A corrected one has the same `externalId`. */
  | { id: string; type: 'invoice_issued'; customerExternalId: string; invoice: IssuedInvoice }
  /** The provider could not charge for an invoice. */
  | { id: string; type: 'payment_failed'; customerExternalId: string; invoiceExternalId: string }
  /** The subscription has ended at the provider. `tenantry reconcile` reports it while an account uses it. */
  | { id: string; type: 'subscription_cancelled'; subscriptionExternalId: string }
  /** Any other event. It is accepted and not stored. */
  | { id: string; type: 'ignored' }

/**
 * Connects one billing provider. `examples/approval-and-flat-fee` has a complete adapter.
 *
 * Each call that has an effect is idempotent by its key: called again with the same key, it has no second effect and gives the
 * same answer (conformance: "called twice with the same key has one effect, and returns the same answer"). A call throws only
 * `StepError`, without personal data and without secrets, and stops when the signal aborts. Its class is `retryable` when
 * another try with the same key may help, `needs_input` or `terminal` when the provider refuses the call, and `unknown_outcome`
 * when the call may have had its effect.
 *
 * `billingAdapterChecks` tests these rules.
 */
export interface BillingAdapter {
  /** Names the adapter, in kebab case, such as `stripe`. Requests name it in `plan.billingAdapter`; operators filter by it. */
  id: string
  /** The capabilities of the adapter. */
  capabilities: {
    /**
     * `true`: the adapter keeps its records in our own Postgres, and its calls join the transaction of the step (conformance:
     * "in a transaction that rolls back has no effect, and can be called again"). `false`: it calls a provider, outside of
     * any transaction.
     */
    transactional: boolean
  }
  /**
   * Checks that the provider is reachable and accepts the credentials. It has no effect.
   * Conformance: "check succeeds when the provider is up, and has no effect".
   * @throws StepError whose `nextAction` names the setting to correct.
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * Describes a subscription to this plan, for a dry run. It has no effect, and makes no call.
   * Conformance: "preview returns a summary for each kind of plan, and has no effect".
   */
  preview(plan: BillingPlan): StepPreview
  /**
   * Creates a customer for an account. Another key may create another customer for the same account.
   * @returns the provider's id of the customer.
   * @throws StepError as said for the adapter; `needs_input` names the fields of the request that the provider refuses.
   */
  ensureCustomer(call: BillingCall, customer: BillingCustomer): Promise<{ externalId: string }>
  /**
   * Gives the present name of an account to its customer, for later invoices. To give the name that the customer has changes
   * nothing. The subscription stays as it is.
   * Conformance: "updateCustomer changes the name of the customer, and its subscription can be billed afterwards".
   * @throws StepError as said for the adapter; `needs_input` when the provider refuses the name.
   */
  updateCustomer(call: BillingCall, customer: BillingCustomer & { customerExternalId: string }): Promise<void>
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
   * Changes the plan of a subscription from now on, such as from trial to purchased and back.
   * Conformance: "changePlan works in both directions, and the subscription can be billed afterwards".
   * @returns the provider's id of the subscription from now on, which may be another one.
   * @throws StepError as said for the adapter.
   */
  changePlan(
    call: BillingCall,
    change: { subscription: BillingSubscription; from: BillingPlan; to: BillingPlan },
  ): Promise<{ externalId: string }>
  /**
   * Bills usage of a month. The call comes after the end of the month, and earlier when the subscription ends within the month. A
   * month may have several reports, each with its own key: a subscription that was ended and opened again has used more since.
   * Conformance: "usage reported twice with the same key is billed once, and readUsage returns it" and "a second report of a
   * month is billed in addition to the first".
   * @returns the provider's id of the record, and the invoice where the provider issues it at once. An invoice that is issued
   * later comes in as a webhook.
   * @throws StepError as said for the adapter.
   */
  reportUsage(
    call: BillingCall,
    report: UsageReport,
  ): Promise<{ externalId: string; invoice?: IssuedInvoice }>
  /**
   * Reads the usage that the provider has on record for a month, for reconciliation: the sum of `usage` over all reports. It has no
   * effect.
   * Conformance: "readUsage returns undefined for a month that was not reported".
   * @returns undefined when the provider has nothing on record.
   * @throws StepError as said for the adapter.
   */
  readUsage(call: BillingCall, report: ReportedMonth): Promise<BillingUsage | undefined>
  /**
   * Corrects an invoice by a credit note of this amount, in positive integer minor units. Default: the API cannot
   * credit invoices of this provider.
   * Conformance: "creditInvoice refuses more than the total of the invoice less earlier credit notes".
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
   * Conformance: "cancel succeeds for a subscription that has ended".
   * @throws StepError as said for the adapter.
   */
  cancel(call: BillingCall, subscription: BillingSubscription): Promise<void>
  /**
   * Lists the subscriptions with our metadata: a page of those that have not ended, at most `limit` of them (up to 100), or the one
   * with this id, ended or not. It has no effect. Reconciliation finds lost subscriptions by it. Default: this provider cannot list
   * subscriptions.
   * Conformance: "listSubscriptions returns each open subscription once, over all pages, with its ids".
   * @returns undefined when this provider cannot list subscriptions; an empty page for an id that the provider does not know.
   * @throws StepError as said for the adapter.
   */
  listSubscriptions?(
    call: BillingCall,
    wanted: { externalId: string } | { after?: string; limit: number },
  ): Promise<SubscriptionPage | undefined>
  /**
   * Asks what an earlier call with this key did, after its answer was lost. It has no effect. Each call is asked for by itself
   * before it is sent again, because a person may retry after days, and the provider may have forgotten the idempotency key
   * (Stripe keeps it for 24 hours). So find the call by a mark on its object, such as metadata, and not by the key that the
   * provider remembers.
   * Conformance: "find returns undefined for a key that was never used".
   * @returns the answer of the earlier call; undefined when the call never arrived. It is not called for `updateCustomer` and
   * `cancel`: they return nothing, and a repeat of them changes nothing.
   * @throws StepError as said for the adapter.
   */
  find(call: BillingCall): Promise<BillingAnswer | undefined>
  /**
   * Verifies and reads a webhook that the provider posts to `/v1/billing/{id}/webhooks`. Default: the adapter accepts no webhooks.
   * Conformance: "parseWebhook refuses a webhook without a signature".
   * @throws StepError `webhook_refused` when the signature is wrong.
   */
  parseWebhook?(request: WebhookRequest): BillingEvent
}
