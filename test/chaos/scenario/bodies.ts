/** The body of a request that adds an account. */
export interface AccountBody {
  type: 'customer' | 'partner' | 'enterprise' | 'unit'
  company: Record<string, string>
  user?: { fullName: string; email: string; sendPasswordInstructions: boolean }
  plan?: AccountPlan
}

interface AccountPlan {
  kind: 'trial' | 'purchased'
  licenses: number
  billingAdapter: string
}

export function companyOf(name: string) {
  return { name, state: 'TX' }
}

/** A user with a unique email. */
export function userOf(name: string, { invited }: { invited: boolean }) {
  const email = `${name}@chaos.example`
  return { fullName: `SupportAgent of ${name}`, email, sendPasswordInstructions: invited }
}

/** An account that calls both providers: the provider behind adapter `http` bills it, and its user is invited. */
export function fullBody(name: string, plan: Omit<AccountPlan, 'billingAdapter'>): AccountBody {
  return {
    type: 'customer',
    company: companyOf(name),
    user: userOf(name, { invited: true }),
    plan: { ...plan, billingAdapter: 'http' },
  }
}

/** Each function makes a valid body invalid. The API answers 422 and stores nothing. */
export const invalidBodies: readonly [MakeInvalid, ...MakeInvalid[]] = [
  ({ company: { name = '' }, ...body }) => ({ ...body, company: { name } }),
  (body) => ({ ...body, company: { ...body.company, state: 'Atlantis' } }),
  (body) => ({ ...body, user: { fullName: 'Nobody', email: 'nobody', sendPasswordInstructions: true } }),
  (body) => ({ ...body, plan: { kind: 'trial', licenses: 1, billingAdapter: 'barter' } }),
]

type MakeInvalid = (body: AccountBody) => AccountBody
