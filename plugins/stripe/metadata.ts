/** We find our objects at Stripe by this metadata. An update keeps the names that it does not contain. */
export const names = {
  organization: 'tenantry_organization',
  /** The idempotency key of the call that created the object. */
  key: 'tenantry_key',
  /** On a subscription: the idempotency key of the last plan change. */
  changeKey: 'tenantry_change_key',
  /** On a subscription: a mark of the key of each plan change, the newest last. */
  changes: 'tenantry_changes',
  plan: 'tenantry_plan',
  licenses: 'tenantry_licenses',
  /** On an invoice that we create: what it bills. No invoice that Stripe creates has these names. */
  subscription: 'tenantry_subscription',
  month: 'tenantry_month',
  usage: { trial: 'tenantry_used_trial', purchased: 'tenantry_used_purchased' },
  converted: 'tenantry_converted',
  /** On a line of such an invoice: `trial`, `purchased` or `converted`. */
  line: 'tenantry_line',
  /** On an invoice: the idempotency key of its last credit note. */
  creditKey: 'tenantry_credit_key',
} as const

interface WithMetadata {
  metadata: Record<string, string> | null
}

/** Returns the metadata value of an object under a name, or undefined. */
export function metadataOf(object: WithMetadata, name: string): string | undefined {
  return object.metadata?.[name]
}
