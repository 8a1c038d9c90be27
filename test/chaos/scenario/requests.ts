import { type AccountBody, companyOf, fullBody, invalidBodies, userOf } from './bodies.ts'
import { dealer, type Random } from './random.ts'
import { noTroubles, troubleSource, type Troubles } from './troubles.ts'

/** What a customer does about a request besides sending it until there is an answer. */
export type Conduct =
  | 'plain'
  | 'sent twice at once'
  | 'sent again later'
  | 'sent again with another body'
  | 'invalid'
  | 'shares an email'
  | 'cancelled'
  | 'renamed'

/** The organization that an account is added below. */
export type Parent = 'root' | 'partner' | 'enterprise'

/**
 * Who decides. When nobody knows whether a message went out, the careful ask whether it arrived, the impatient have it sent
 * again, and the silent leave it. Where an email has to be corrected, the impatient cancel.
 */
export type Person = 'careful' | 'impatient' | 'silent'

/** One request as it is to be sent. Its name is also its company's name and its idempotency key. */
export interface PlannedRequest {
  name: string
  parent: Parent
  body: AccountBody
  conduct: Conduct
  troubles: Troubles
  person: Person
}

export interface RequestSource {
  /** The next request, or two that share an email. */
  next(): PlannedRequest[]
  /** A whole account that meets these on its way. */
  victim(troubles: Troubles, conduct?: Conduct): PlannedRequest
}

/** Deals requests, so that every kind of them comes soon, whatever the seed. */
export function requestSource(random: Random): RequestSource {
  const deal = dealers(random)
  const troubles = troubleSource(random)
  let count = 0
  const nextName = () => `account-${++count}`
  const nextPlan = () => ({ kind: deal.plan(), licenses: random.between(1, 20) })

  const victim = (met: Troubles, conduct: Conduct = 'plain'): PlannedRequest => {
    const name = nextName()
    return {
      name,
      parent: 'root',
      body: fullBody(name, nextPlan()),
      conduct,
      troubles: met,
      person: deal.person(),
    }
  }
  const ordinary = (conduct: Conduct): PlannedRequest => {
    const name = nextName()
    // A company can be renamed by whoever sees it, and a unit is not seen where it is paid.
    const type = conduct === 'renamed' ? 'customer' : deal.type()
    const user = deal.user()
    const body: AccountBody = {
      type,
      company: companyOf(name),
      ...(user === 'none' ? {} : { user: userOf(name, { invited: user === 'invited' }) }),
      ...(type === 'unit' ? {} : { plan: { ...nextPlan(), billingAdapter: deal.adapter() } }),
    }
    const parent = type === 'unit' ? 'enterprise' : deal.parent()
    return { name, parent, body, conduct, troubles: troubles.of(body), person: deal.person() }
  }

  return {
    victim,
    next() {
      const conduct = deal.conduct()
      if (conduct === 'shares an email') return rivals(nextName(), nextName(), nextPlan())
      if (conduct === 'invalid') {
        const request = ordinary(conduct)
        return [{ ...request, body: deal.invalid()(request.body), troubles: noTroubles }]
      }
      const due = conduct === 'cancelled' ? undefined : troubles.due()
      return [due === undefined ? ordinary(conduct) : victim(due, conduct)]
    },
  }
}

function dealers(random: Random) {
  return {
    conduct: dealer<Conduct>(random, [
      ...(['plain', 'plain', 'plain', 'plain', 'plain', 'plain'] as const),
      ...(['sent twice at once', 'sent again later', 'sent again with another body'] as const),
      ...(['invalid', 'shares an email', 'cancelled', 'renamed'] as const),
    ]),
    type: dealer<AccountBody['type']>(random, [
      ...(['customer', 'customer', 'customer', 'partner', 'enterprise', 'unit'] as const),
    ]),
    parent: dealer<Parent>(random, ['root', 'partner']),
    adapter: dealer(random, ['http', 'http', 'ledger']),
    plan: dealer<'trial' | 'purchased'>(random, ['trial', 'purchased']),
    user: dealer(random, ['invited', 'invited', 'invited', 'invited', 'told later', 'none']),
    invalid: dealer(random, invalidBodies),
    person: dealer<Person>(random, ['careful', 'careful', 'careful', 'impatient', 'silent']),
  }
}

/** Two that want the same email at the same time, spelled differently. */
function rivals(first: string, second: string, plan: { kind: 'trial' | 'purchased'; licenses: number }) {
  const user = userOf(first, { invited: true })
  return [user, { ...user, email: user.email.toUpperCase() }].map((wanted, index): PlannedRequest => {
    const name = index === 0 ? first : second
    return {
      name,
      parent: 'root',
      body: {
        type: 'customer',
        company: companyOf(name),
        user: wanted,
        plan: { ...plan, billingAdapter: 'ledger' },
      },
      conduct: 'shares an email',
      troubles: noTroubles,
      person: index === 0 ? 'careful' : 'impatient',
    }
  })
}
