import type { CallContext, InTransaction, StepPreview, WebhookRequest } from './call.ts'

/** Whom a provider is to bill. */
export interface BillingCustomer {
  organizationId: string
  name: string
}

/** What an account is subscribed to. */
export interface BillingPlan {
  kind: 'trial' | 'purchased'
  /** Trial: how many. Purchased: the optional upper limit. */
  licenses?: number
  trialDays?: number
}

/** A subscription at its provider. */
export interface BillingSubscription {
  organizationId: string
  customerExternalId: string
  /** What `ensureSubscription` or `changePlan` answered. */
  externalId: string
}

/** Licenses used in a month: distinct devices, each counted under one kind of plan. */
export interface BillingUsage {
  trial: number
  purchased: number
}

/** What is billed: one subscription's usage of one calendar month. */
export interface UsageReport {
  subscription: BillingSubscription
  /** A calendar month in UTC, `YYYY-MM`. */
  month: string
  usage: BillingUsage
}

/** One line of an invoice or a credit note. */
export interface InvoiceLine {
  description: string
  /** Whole licenses. */
  quantity: number
  /** Integer minor units of the invoice's currency. Negative on a credit note. */
  unitAmount: number
  /** `quantity` times `unitAmount`, in integer minor units. */
  amount: number
}

/** An invoice, or a credit note, as the provider issued it. It never changes afterwards. */
export interface IssuedInvoice {
  externalId: string
  kind: 'invoice' | 'credit_note'
  number: string
  /** For a credit note: the `externalId` of the invoice that it corrects. */
  corrects?: string
  /** The billed calendar month in UTC, `YYYY-MM`; absent where the provider bills other periods. */
  month?: string
  /** ISO 4217. */
  currency: string
  lines: InvoiceLine[]
  /** The sum of the lines, in integer minor units. */
  total: number
  issuedAt: Date
}

/** A subscription as its provider has it on record, found by the marks that our calls left on it. */
export interface ListedSubscription extends BillingSubscription {
  /** `ended`: the provider bills nothing under it any more. */
  status: 'open' | 'ended'
  createdAt: Date
}

/** `next` is what `after` is to be for the next page; absent on the last. */
export interface SubscriptionPage {
  subscriptions: ListedSubscription[]
  next?: string
}

/** A billing call made inside our own transaction only for adapters that are `transactional`. */
export type BillingCall = CallContext & Partial<InTransaction>

/** What a provider tells us by itself. `id` is the provider's own: each is taken once, however often it is delivered. */
export type BillingEvent =
  | { id: string; type: 'invoice_issued'; customerExternalId: string; invoice: IssuedInvoice }
  | { id: string; type: 'payment_failed'; customerExternalId: string; invoiceExternalId: string }
  | { id: string; type: 'subscription_cancelled'; subscriptionExternalId: string }
  | { id: string; type: 'ignored' }

/**
 * A billing provider. Every call is idempotent by its key, throws only `StepError`, and stops when the signal aborts.
 * `examples/approval-and-flat-fee` has a whole one.
 */
export interface BillingAdapter {
  /** What a request names in `plan.billingAdapter`, and what operators filter by. */
  id: string
  capabilities: {
    /** Keeps its records in our own Postgres, so its calls join the step's transaction. */
    transactional: boolean
  }
  /** Credentials and reachability. @throws StepError that names what to fix. */
  check(signal: AbortSignal): Promise<void>
  /** What subscribing to this plan would mean, in words for a dry run. Has no effect. */
  preview(plan: BillingPlan): StepPreview
  ensureCustomer(call: BillingCall, customer: BillingCustomer): Promise<{ externalId: string }>
  ensureSubscription(
    call: BillingCall,
    subscription: { customerExternalId: string; organizationId: string; plan: BillingPlan },
  ): Promise<{ externalId: string }>
  /** Puts a subscription on another plan, such as from trial to purchased and back. @returns its id from now on. */
  changePlan(
    call: BillingCall,
    change: { subscription: BillingSubscription; from: BillingPlan; to: BillingPlan },
  ): Promise<{ externalId: string }>
  /** Bills a month's usage. @returns the invoice too, where the provider issues it at once. */
  reportUsage(
    call: BillingCall,
    report: UsageReport,
  ): Promise<{ externalId: string; invoice?: IssuedInvoice }>
  /** What the provider has on record for that month; undefined when it has nothing. For reconciliation. */
  readUsage(call: BillingCall, report: Omit<UsageReport, 'usage'>): Promise<BillingUsage | undefined>
  /** Corrects an invoice by a credit note of this amount, in integer minor units, including earlier ones at most its total. */
  creditInvoice?(
    call: BillingCall,
    credit: { subscription: BillingSubscription; invoice: IssuedInvoice; amount: number; reason: string },
  ): Promise<{ externalId: string; creditNote: IssuedInvoice }>
  /** Ends a subscription now. Ending one that has ended is harmless. */
  cancel(call: BillingCall, subscription: BillingSubscription): Promise<void>
  /**
   * The subscriptions that we opened there: a page of all that have not ended, at most `limit` of them (up to 100), or the one
   * of an id, ended or not. No effect. It is how lost ones are found, so what is not ours by its marks is left out.
   * @returns undefined when this provider can't list them.
   */
  listSubscriptions?(
    call: BillingCall,
    wanted: { externalId: string } | { after?: string; limit: number },
  ): Promise<SubscriptionPage | undefined>
  /** What an earlier call with this key did, or undefined when it never arrived. */
  find(call: BillingCall): Promise<{ externalId: string } | undefined>
  /** Verifies and reads a webhook. @throws StepError `webhook_refused` when the signature does not fit. */
  parseWebhook?(request: WebhookRequest): BillingEvent
}
