/** The types of organization. `docs/glossary.md` describes each. */
export const organizationTypes = ['platform', 'partner', 'customer', 'enterprise', 'unit'] as const
export type OrganizationType = (typeof organizationTypes)[number]

/** The types of organization that an account can have. Only the first migration creates the platform. */
export const accountTypes = ['customer', 'partner', 'enterprise', 'unit'] as const
export type AccountType = (typeof accountTypes)[number]

/** What each type of account requires: the types of its parent, and whether it has a plan of its own. */
const rules: Record<
  AccountType,
  { under: readonly OrganizationType[]; plan: 'required' | 'optional' | 'none' }
> = {
  partner: { under: ['platform', 'partner'], plan: 'optional' },
  customer: { under: ['platform', 'partner'], plan: 'required' },
  enterprise: { under: ['platform', 'partner'], plan: 'required' },
  // It draws on the pool of its enterprise.
  unit: { under: ['enterprise', 'unit'], plan: 'none' },
}

/** The organization types under which an account of this type may be added. */
export function parentsFor(type: AccountType): readonly OrganizationType[] {
  return rules[type].under
}

/** Whether an account of this type may be added under a parent of type `parent`. */
export function mayHold(parent: OrganizationType, type: AccountType): boolean {
  return parentsFor(type).includes(parent)
}

/** Whether an account of this type must, may or cannot have a plan of its own. */
export function planFor(type: AccountType): 'required' | 'optional' | 'none' {
  return rules[type].plan
}
