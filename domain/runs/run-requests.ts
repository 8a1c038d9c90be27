import type { AddAccountRequest, UserRequest } from './add-account-request.ts'

/** What a plan holds after a change: a trial with this many licenses, or purchased with an optional upper limit. */
export interface PlanTerms {
  kind: 'trial' | 'purchased'
  /** Null: no upper limit. Only for purchased. */
  licenses: number | null
  /** RFC 3339; null unless it is a trial. */
  trialEndsAt: string | null
}

/** Under which ids which provider knows a subscription. */
export interface SubscriptionAtProvider {
  billingAdapter: string
  customerExternalId: string
  subscriptionExternalId: string
}

/** A subscription as an operation finds it when it is accepted. */
export interface SubscriptionTerms extends PlanTerms, SubscriptionAtProvider {}

interface OnAccount {
  organizationId: string
}

/** Every kind of run that the engine carries out, with what it is asked for. Adding an account is the first of them. */
export interface RunRequests {
  'add-account': AddAccountRequest
  /** Converts a trial, takes the conversion back, or changes how many licenses there are. */
  'change-plan': OnAccount & { subscription: SubscriptionTerms; to: PlanTerms }
  /** Moves an account to another billing adapter. */
  'switch-billing': OnAccount & { subscription: SubscriptionTerms; billingAdapter: string }
  'suspend-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  'restore-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  'close-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  /** Bills what one account used under one subscription in one calendar month (UTC, `YYYY-MM`). */
  'bill-account': OnAccount & { month: string; subscription: SubscriptionAtProvider }
  /** Reminds the people of an account that its trial is about to end. */
  'remind-trial': OnAccount & { trialEndsAt: string }
  'expire-trial': OnAccount & { trialEndsAt: string }
  'add-user': OnAccount & { user: UserRequest }
  /** Writes to a person again, at a corrected email if there is one. Whoever has a password gets a link to reset it. */
  'resend-invitation': OnAccount & {
    userId: string
    email?: string
    message: 'invitation' | 'password-reset'
  }
}

export type RunKind = keyof RunRequests

/** What people may correct while it is stuck. Anything else that a run was asked for is fixed. */
export function isCorrectable(kind: RunKind | undefined): kind is 'add-account' | 'add-user' {
  return kind === 'add-account' || kind === 'add-user'
}

/** A run that changes an account that exists. */
export type OperationRequest = RunRequest<Exclude<RunKind, 'add-account'>>

/** Who bills, or will, in a run of this kind; undefined where nobody does. */
export function billingAdapterOf(run: RunRequest): string | undefined {
  const { request } = run
  if ('billingAdapter' in request) return request.billingAdapter
  if ('subscription' in request) return request.subscription?.billingAdapter
  return 'plan' in request ? request.plan?.billingAdapter : undefined
}

/** A kind with what it asks for. */
export type RunRequest<Kind extends RunKind = RunKind> = {
  [K in Kind]: { kind: K; request: RunRequests[K] }
}[Kind]
