/**
 * What we write on the things we make at Stripe, so that they are found again, and so that people who look at them there
 * know whose they are. Updating metadata leaves alone the names that are not given.
 */
export const names = {
  organization: 'tenantry_organization',
  /** The idempotency key of the call that made it. */
  key: 'tenantry_key',
  /** On a subscription: of the call that put it on another plan last. */
  changeKey: 'tenantry_change_key',
  plan: 'tenantry_plan',
  licenses: 'tenantry_licenses',
  /** On a subscription: of the call that reported usage last, and for which month. */
  usageKey: 'tenantry_usage_key',
  month: 'tenantry_month',
  /** On an invoice of ours: which subscription's usage it bills, and what that was. */
  subscription: 'tenantry_subscription',
  usage: { trial: 'tenantry_used_trial', purchased: 'tenantry_used_purchased' },
  /** On an invoice: of the call that credited it last, and with which credit note. */
  creditKey: 'tenantry_credit_key',
  creditNote: 'tenantry_credit_note',
} as const

interface Described {
  metadata: Record<string, string> | null
}

/** The value under a name, or undefined. */
export function noted(thing: Described, name: string): string | undefined {
  return thing.metadata?.[name]
}
