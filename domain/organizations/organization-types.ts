/** The types of organization. `docs/glossary.md` describes each. */
export const organizationTypes = ['platform', 'partner', 'customer', 'enterprise', 'unit'] as const
export type OrganizationType = (typeof organizationTypes)[number]

/** The types of organization that an account can have. Only the first migration creates the platform. */
export const accountTypes = ['customer', 'partner', 'enterprise', 'unit'] as const
export type AccountType = (typeof accountTypes)[number]

const allowedParents: Record<AccountType, readonly OrganizationType[]> = {
  partner: ['platform', 'partner'],
  customer: ['platform', 'partner'],
  enterprise: ['platform', 'partner'],
  unit: ['enterprise', 'unit'],
}

export function parentsFor(type: AccountType): readonly OrganizationType[] {
  return allowedParents[type]
}

export function mayHold(parent: OrganizationType, type: AccountType): boolean {
  return allowedParents[type].includes(parent)
}
