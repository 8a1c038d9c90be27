/** A body of AddAccount. */
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

/** A person with an email that nobody else has. */
export function userOf(name: string, { invited }: { invited: boolean }) {
  const email = `${name}@chaos.example`
  return { fullName: `Person of ${name}`, email, sendPasswordInstructions: invited }
}

/** An account that meets all there is on its way: it is billed by a provider, and its user is invited. */
export function fullBody(name: string, plan: Omit<AccountPlan, 'billingAdapter'>): AccountBody {
  return {
    type: 'customer',
    company: companyOf(name),
    user: userOf(name, { invited: true }),
    plan: { ...plan, billingAdapter: 'http' },
  }
}

/** Each is refused with 422, and leaves nothing behind. */
export const invalidBodies: readonly [Spoil, ...Spoil[]] = [
  ({ company: { name = '' }, ...body }) => ({ ...body, company: { name } }),
  (body) => ({ ...body, company: { ...body.company, state: 'Atlantis' } }),
  (body) => ({ ...body, user: { fullName: 'Nobody', email: 'nobody', sendPasswordInstructions: true } }),
  (body) => ({ ...body, plan: { kind: 'trial', licenses: 1, billingAdapter: 'barter' } }),
]

type Spoil = (body: AccountBody) => AccountBody
