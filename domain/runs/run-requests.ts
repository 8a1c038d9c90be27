import type { AddAccountRequest, UserRequest } from './add-account-request.ts'

/** The terms of a plan: a trial with a number of licenses, or purchased with an optional upper limit. */
export interface PlanTerms {
  kind: 'trial' | 'purchased'
  /** Null: no upper limit, which only a purchased plan can have. */
  licenses: number | null
  /** RFC 3339; null for a purchased plan. */
  trialEndsAt: string | null
}

/** The billing adapter of a subscription, and the ids of the subscription and its customer at the provider. */
export interface SubscriptionAtProvider {
  billingAdapter: string
  customerExternalId: string
  subscriptionExternalId: string
}

/** The terms and the ids of a subscription, as they are when an operation is accepted. */
export interface SubscriptionTerms extends PlanTerms, SubscriptionAtProvider {}

interface OnAccount {
  organizationId: string
}

interface OnUser extends OnAccount {
  userId: string
}

/** The kinds of run, with the request of each. */
export interface RunRequests {
  'add-account': AddAccountRequest
  /** Converts a trial, undoes the conversion, or changes the number of licenses. */
  'change-plan': OnAccount & { subscription: SubscriptionTerms; to: PlanTerms }
  'switch-billing': OnAccount & { subscription: SubscriptionTerms; billingAdapter: string }
  'suspend-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  'restore-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  'close-account': OnAccount & { subscription: SubscriptionTerms | null; reason: string | null }
  /**
   * Carries the present name of an account to its billing provider. `billingAdapter` is the one that bills the account when the
   * operation is accepted.
   */
  'update-customer': OnAccount & { billingAdapter: string }
  /** Bills the usage of one account under one subscription in one calendar month (UTC, `YYYY-MM`). */
  'bill-account': OnAccount & { month: string; subscription: SubscriptionAtProvider }
  /** Reminds the first user of an account that its trial ends soon. */
  'remind-trial': OnAccount & { trialEndsAt: string }
  'expire-trial': OnAccount & { trialEndsAt: string }
  'add-user': OnAccount & { user: UserRequest }
  /** Sends a message to a user again, to a corrected email if there is one. A user with a password gets a reset link. */
  'resend-invitation': OnUser & {
    email?: string
    message: 'invitation' | 'password-reset'
  }
  /** Changes the name or the email of a user. An email brings a deactivated user back. */
  'update-user': OnUser & { fullName?: string; email?: string }
  'move-user': OnUser & { toOrganizationId: string }
  /** Deactivates a user, and frees the email. */
  'remove-user': OnUser
}

export type RunKind = keyof RunRequests

/** Whether people may correct the request of a stuck run of this kind. The request of any other kind is fixed. */
export function isCorrectable(kind: RunKind | undefined): kind is 'add-account' | 'add-user' {
  return kind === 'add-account' || kind === 'add-user'
}

export type OperationRequest = RunRequest<Exclude<RunKind, 'add-account'>>

/** The billing adapter that a run uses; for a switch, the new one. Undefined when the run has none. */
export function billingAdapterOf(run: RunRequest): string | undefined {
  const { request } = run
  if ('billingAdapter' in request) return request.billingAdapter
  if ('subscription' in request) return request.subscription?.billingAdapter
  return 'plan' in request ? request.plan?.billingAdapter : undefined
}

export type RunRequest<Kind extends RunKind = RunKind> = {
  [K in Kind]: { kind: K; request: RunRequests[K] }
}[Kind]
