/** A document as the sequences of the tests have it. */
export interface Document {
  externalId: string
  kind: 'invoice' | 'credit_note'
  corrects?: string
  total: number
  currency: string
}

interface Asked {
  invoice: string | undefined
  amount: number
}

interface Held {
  document: Document
  account: string | undefined
  isLate: boolean
  asked: Asked | undefined
  state: 'waiting' | 'unfit'
}

/** What should be on record and kept aside: an independent and simple account of the rules. */
export function modelOfDocuments({ early, late }: { early: string; late: string }) {
  const taken = new Map<string, { document: Document; account: string }>()
  const held = new Map<string, Held>()
  let isLateKnown = false

  const judge = (document: Document, account: string, asked: Asked | undefined): 'taken' | Held['state'] => {
    const { externalId, kind, total, currency, corrects } = document
    const isCredit = kind === 'credit_note'
    if (currency === 'ZZZ' || (isCredit ? total >= 0 : total < 0)) return 'unfit'
    if (asked !== undefined && (total !== -asked.amount || corrects !== asked.invoice)) return 'unfit'
    const before = taken.get(externalId)
    if (before !== undefined) {
      const { document: old } = before
      const isSame = old.total === total && old.currency === currency && old.corrects === corrects
      return isSame && before.account === account ? 'taken' : 'unfit'
    }
    if (!isCredit) return 'taken'
    const invoice = taken.get(corrects ?? '')
    if (invoice === undefined) return 'waiting'
    if (invoice.account !== account || invoice.document.currency !== currency) return 'unfit'
    const others = [...taken.values()].filter((other) => other.document.corrects === corrects)
    const credited = others.reduce((sum, other) => sum - other.document.total, -total)
    return credited <= invoice.document.total ? 'taken' : 'unfit'
  }

  const take = (document: Document, account: string | undefined, isLate: boolean, given?: Asked) => {
    const asked = given ?? held.get(document.externalId)?.asked
    const outcome = account === undefined ? 'waiting' : judge(document, account, asked)
    if (outcome !== 'taken') {
      held.set(document.externalId, { document, account, isLate, asked, state: outcome })
      return
    }
    held.delete(document.externalId)
    if (account !== undefined && !taken.has(document.externalId))
      taken.set(document.externalId, { document, account })
  }

  const takeWaiting = () => {
    const waiting = [...held.values()].filter(({ state }) => state === 'waiting')
    const byKind = Map.groupBy(waiting, ({ document }) => document.kind)
    for (const { document, account, isLate } of [
      ...(byKind.get('invoice') ?? []),
      ...(byKind.get('credit_note') ?? []),
    ]) {
      const owner = account ?? (isLate && isLateKnown ? late : undefined)
      if (owner !== undefined) take(document, owner, isLate)
    }
  }

  return {
    subscribe() {
      isLateKnown = true
    },
    deliver(customer: 'early' | 'late', document: Document) {
      const account = customer === 'early' ? early : isLateKnown ? late : undefined
      take(document, account, customer === 'late')
      takeWaiting()
    },
    credit(amount: number, document: Document) {
      take(document, early, false, { invoice: document.corrects, amount })
    },
    state: () => ({
      taken: [...taken.values()]
        .map(({ document: { externalId: id, total, currency, corrects }, account }) => ({
          id,
          account,
          total,
          currency,
          ...(corrects === undefined ? {} : { corrects }),
        }))
        .toSorted((one, other) => one.id.localeCompare(other.id)),
      held: [...held]
        .map(([id, { state }]) => ({ id, state }))
        .toSorted((one, other) => one.id.localeCompare(other.id)),
    }),
  }
}
