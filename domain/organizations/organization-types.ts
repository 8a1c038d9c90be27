export const organizationTypes = ['platform', 'partner', 'customer', 'enterprise', 'unit'] as const
export type OrganizationType = (typeof organizationTypes)[number]

/** The types an account can be added as; the platform is made by the first migration and never again. */
export const accountTypes = ['customer', 'partner', 'enterprise', 'unit'] as const
export type AccountType = (typeof accountTypes)[number]

const allowedParents: Record<AccountType, readonly OrganizationType[]> = {
  partner: ['platform', 'partner'],
  customer: ['platform', 'partner'],
  enterprise: ['platform', 'partner'],
  unit: ['enterprise', 'unit'],
}

/** The organization types that may hold an account of this type. */
export function parentsFor(type: AccountType): readonly OrganizationType[] {
  return allowedParents[type]
}

export function mayHold(parent: OrganizationType, type: AccountType): boolean {
  return allowedParents[type].includes(parent)
}
