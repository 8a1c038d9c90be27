interface AccountBody {
  type: string
  company: Record<string, unknown>
  user?: Record<string, unknown>
  plan?: Record<string, unknown>
}

/**
 * Makes a valid body of AddAccount: a customer on trial, and with an `email` also its user.
 * @param overrides fields that replace the defaults.
 */
export function anAccountBody({
  name = 'Northwind Traders',
  email,
  ...overrides
}: Partial<AccountBody> & { name?: string; email?: string | undefined } = {}): AccountBody {
  return {
    type: 'customer',
    company: { name, state: 'TX' },
    ...(email === undefined ? {} : { user: { fullName: 'Ada', email } }),
    plan: { kind: 'trial' },
    ...overrides,
  }
}
