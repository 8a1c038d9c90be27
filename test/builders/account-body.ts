interface AccountBody {
  type: string
  company: Record<string, unknown>
  user?: Record<string, unknown>
  plan?: Record<string, unknown>
}

/** A body of AddAccount that is accepted; name only what the test is about. */
export function anAccountBody(overrides: Partial<AccountBody> = {}): AccountBody {
  return {
    type: 'customer',
    company: { name: 'Northwind Traders', state: 'TX' },
    plan: { kind: 'trial' },
    ...overrides,
  }
}
