import type { AccountBody } from './bodies.ts'
import { dealer, type Random } from './random.ts'

/** What goes wrong with a call to the billing provider. */
export const billingTroubles = [
  'refused',
  'dropped before',
  'answer lost',
  'delayed',
  'too many requests',
  'server error',
  'garbage',
] as const

/** What goes wrong with a message to the mail server. */
export const mailTroubles = [
  'refused',
  'dropped before',
  'answer lost',
  'delayed',
  'deferred',
  'garbage',
] as const

/** `held`: it has its effect, and its answer waits until the fault that it waits for is over. */
export type BillingTrouble = (typeof billingTroubles)[number] | 'held'
export type MailTrouble = (typeof mailTroubles)[number] | 'held'

/** The calls of an account's life that can be troubled. */
export type TroubledCall = 'ensureCustomer' | 'ensureSubscription' | 'reportUsage'

/** What awaits one account at those it is brought to, each met once and in this order. */
export interface Troubles {
  billing: { call: TroubledCall; kind: BillingTrouble }[]
  mail: MailTrouble[]
}

export const noTroubles: Troubles = { billing: [], mail: [] }

export interface TroubleSource {
  /** Troubles of every kind, until each was dealt once; then undefined. A whole account has to meet them. */
  due(): Troubles | undefined
  /** Some for an account as it is, or none. */
  of(body: AccountBody): Troubles
}

export function troubleSource(random: Random): TroubleSource {
  // A usage is counted by us, so there is nobody who could correct what a provider refuses about it.
  const usageTroubles = billingTroubles.filter((kind) => kind !== 'refused')
  const shuffled = {
    opening: random.shuffled(billingTroubles),
    usage: random.shuffled(usageTroubles),
    mail: random.shuffled(mailTroubles),
  }
  const call = dealer<TroubledCall>(random, ['ensureCustomer', 'ensureSubscription'])
  const deal = {
    opening: dealer(random, [undefined, undefined, undefined, undefined, ...billingTroubles]),
    usage: dealer(random, [undefined, undefined, undefined, undefined, ...usageTroubles]),
    mail: dealer(random, [undefined, undefined, undefined, undefined, undefined, ...mailTroubles]),
  }
  const combined = (
    opening: BillingTrouble | undefined,
    usage: BillingTrouble | undefined,
    mail: MailTrouble | undefined,
  ): Troubles => ({
    billing: [
      // Refused after the customer was made, it would leave that one behind once the name is corrected.
      ...(opening === undefined
        ? []
        : [{ call: opening === 'refused' ? 'ensureCustomer' : call(), kind: opening } as const]),
      ...(usage === undefined ? [] : [{ call: 'reportUsage', kind: usage } as const]),
    ],
    mail: mail === undefined ? [] : [mail],
  })

  return {
    due() {
      const { opening, usage, mail } = shuffled
      if (opening.length === 0) return undefined
      return combined(opening.pop(), usage.pop(), mail.pop())
    },
    of({ plan, user }) {
      const isAtProvider = plan?.billingAdapter === 'http'
      return combined(
        isAtProvider ? deal.opening() : undefined,
        isAtProvider ? deal.usage() : undefined,
        user?.sendPasswordInstructions === true ? deal.mail() : undefined,
      )
    },
  }
}
