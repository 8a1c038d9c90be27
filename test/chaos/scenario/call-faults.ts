import type { AccountBody } from './bodies.ts'
import { dealer, type Random } from './random.ts'

/** The faults of calls to the billing provider. */
export const billingFaults = [
  'refused',
  'dropped before',
  'answer lost',
  'delayed',
  'too many requests',
  'server error',
  'garbage',
] as const

/** The faults of messages to the mail server. */
export const mailFaults = [
  'refused',
  'dropped before',
  'answer lost',
  'delayed',
  'deferred',
  'garbage',
] as const

/** `held`: the call has its effect, and the recorder holds the answer until the process fault has occurred. */
export type BillingFault = (typeof billingFaults)[number] | 'held'
export type MailFault = (typeof mailFaults)[number] | 'held'

/** The calls to the billing provider that get faults. */
export type FaultyCall = 'ensureCustomer' | 'ensureSubscription' | 'reportUsage'

/** The faults of the calls for one account. Each occurs once, in this order. */
export interface CallFaults {
  billing: { call: FaultyCall; kind: BillingFault }[]
  mail: MailFault[]
}

export const noCallFaults: CallFaults = { billing: [], mail: [] }

export function callFaultSource(random: Random) {
  // No usage report is refused: we count the usage ourselves, so a retry cannot correct it.
  const usageFaults = billingFaults.filter((kind) => kind !== 'refused')
  const shuffled = {
    opening: random.shuffled(billingFaults),
    usage: random.shuffled(usageFaults),
    mail: random.shuffled(mailFaults),
  }
  const call = dealer<FaultyCall>(random, ['ensureCustomer', 'ensureSubscription'])
  const deal = {
    opening: dealer(random, [undefined, undefined, undefined, undefined, ...billingFaults]),
    usage: dealer(random, [undefined, undefined, undefined, undefined, ...usageFaults]),
    mail: dealer(random, [undefined, undefined, undefined, undefined, undefined, ...mailFaults]),
  }
  const combined = (
    opening: BillingFault | undefined,
    usage: BillingFault | undefined,
    mail: MailFault | undefined,
  ): CallFaults => ({
    billing: [
      // Only `ensureCustomer` is refused: a later refusal would leave a customer with the old name at the provider.
      ...(opening === undefined
        ? []
        : [{ call: opening === 'refused' ? 'ensureCustomer' : call(), kind: opening } as const]),
      ...(usage === undefined ? [] : [{ call: 'reportUsage', kind: usage } as const]),
    ],
    mail: mail === undefined ? [] : [mail],
  })

  return {
    /**
     * @returns faults for a request that calls both providers, until every fault was dealt once; then undefined. With it
     * even a short scenario has every fault.
     */
    due(): CallFaults | undefined {
      const { opening, usage, mail } = shuffled
      if (opening.length === 0) return undefined
      return combined(opening.pop(), usage.pop(), mail.pop())
    },
    /** @returns faults for the calls that this body leads to, often none. */
    of({ plan, user }: AccountBody): CallFaults {
      const isAtProvider = plan?.billingAdapter === 'http'
      return combined(
        isAtProvider ? deal.opening() : undefined,
        isAtProvider ? deal.usage() : undefined,
        user?.sendPasswordInstructions === true ? deal.mail() : undefined,
      )
    },
  }
}
