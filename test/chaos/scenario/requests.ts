import { type AccountBody, companyOf, fullBody, invalidBodies, userOf } from './bodies.ts'
import { dealer, type Random } from './random.ts'
import { type CallFaults, callFaultSource, noCallFaults } from './call-faults.ts'

/** How a caller sends a request, and what it does after the answer. */
export type Conduct =
  | 'plain'
  | 'sent twice at once'
  | 'sent again later'
  | 'sent again with another body'
  | 'invalid'
  | 'shares an email'
  | 'cancelled'
  | 'renamed'

/** The parent of an account. */
export type Parent = 'root' | 'partner' | 'enterprise'

/**
 * How support decides on a stuck run. If the outcome of a message is unknown, a careful agent asks whether it arrived, an
 * impatient agent retries it, and a silent agent leaves the run stuck. If the email has to be corrected, an impatient
 * agent cancels the run.
 */
export type SupportAgent = 'careful' | 'impatient' | 'silent'

/** A request of the scenario. */
export interface PlannedRequest {
  /** Unique. It is also the name of the company and the idempotency key. */
  name: string
  parent: Parent
  body: AccountBody
  conduct: Conduct
  callFaults: CallFaults
  supportAgent: SupportAgent
}

export type RequestSource = ReturnType<typeof requestSource>

/** @returns a source that deals requests, so that even a short scenario has every kind. */
export function requestSource(random: Random) {
  const deal = dealers(random)
  const faultSource = callFaultSource(random)
  let count = 0
  const nextName = () => `account-${++count}`
  const nextPlan = () => ({ kind: deal.plan(), licenses: random.between(1, 20) })

  /** @returns a request that calls both providers and gets these faults. */
  const fullRequest = (callFaults: CallFaults, conduct: Conduct = 'plain'): PlannedRequest => {
    const name = nextName()
    const body = fullBody(name, nextPlan())
    return { name, parent: 'root', body, conduct, callFaults, supportAgent: deal.supportAgent() }
  }
  const ordinary = (conduct: Conduct): PlannedRequest => {
    const name = nextName()
    // Not a unit: a unit has no plan, so nothing at the billing provider could conflict with its new name.
    const type = conduct === 'renamed' ? 'customer' : deal.type()
    const user = deal.user()
    const body: AccountBody = {
      type,
      company: companyOf(name),
      ...(user === 'none' ? {} : { user: userOf(name, { invited: user === 'invited' }) }),
      ...(type === 'unit' ? {} : { plan: { ...nextPlan(), billingAdapter: deal.adapter() } }),
    }
    const parent = type === 'unit' ? 'enterprise' : deal.parent()
    const callFaults = faultSource.of(body)
    return { name, parent, body, conduct, callFaults, supportAgent: deal.supportAgent() }
  }

  return {
    fullRequest,
    /** @returns the next request, or two requests that share an email. */
    next(): PlannedRequest[] {
      const conduct = deal.conduct()
      if (conduct === 'shares an email') return requestsSharingEmail(nextName(), nextName(), nextPlan())
      if (conduct === 'invalid') {
        const request = ordinary(conduct)
        return [{ ...request, body: deal.invalid()(request.body), callFaults: noCallFaults }]
      }
      const due = conduct === 'cancelled' ? undefined : faultSource.due()
      return [due === undefined ? ordinary(conduct) : fullRequest(due, conduct)]
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
    supportAgent: dealer<SupportAgent>(random, ['careful', 'careful', 'careful', 'impatient', 'silent']),
  }
}

/** Two requests at the same time with the same email, once in lower case and once in upper case. */
function requestsSharingEmail(
  first: string,
  second: string,
  plan: { kind: 'trial' | 'purchased'; licenses: number },
) {
  const user = userOf(first, { invited: true })
  return [user, { ...user, email: user.email.toUpperCase() }].map((spelled, index): PlannedRequest => {
    const name = index === 0 ? first : second
    return {
      name,
      parent: 'root',
      body: {
        type: 'customer',
        company: companyOf(name),
        user: spelled,
        plan: { ...plan, billingAdapter: 'ledger' },
      },
      conduct: 'shares an email',
      callFaults: noCallFaults,
      supportAgent: index === 0 ? 'careful' : 'impatient',
    }
  })
}
