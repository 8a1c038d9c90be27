interface AccountBody {
  type: string
  company: Record<string, unknown>
  user?: Record<string, unknown>
  plan?: Record<string, unknown>
}

/** Makes a valid body of AddAccount: a customer on trial, without a user. @param overrides fields that replace the defaults. */
export function anAccountBody(overrides: Partial<AccountBody> = {}): AccountBody {
  return {
    type: 'customer',
    company: { name: 'Northwind Traders', state: 'TX' },
    plan: { kind: 'trial' },
    ...overrides,
  }
}
