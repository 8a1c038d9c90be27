import type { History } from '../history/history.ts'
import { isAddingAccount, type Invariant, stepOf, whose } from './invariant.ts'

export const provider: Invariant = {
  title: 'the billing provider bills what the tables say, and nothing else',
  check(history) {
    const { tables, books } = history
    const ours = tables.subscriptions.filter(({ billingAdapter }) => billingAdapter === 'http')
    const theirs = new Set(books.running.map(key))
    const onRecord = new Set(ours.map(key))
    return {
      compared: `${ours.length} subscriptions on record, ${books.running.length} at the provider, ${books.effects.length} effects there`,
      violations: [
        ...books.misuses.map((what) => ({ what })),
        ...ours
          .filter((each) => !theirs.has(key(each)))
          .map((each) => ({
            ...whose(history, each.organizationId),
            what: `The provider does not bill ${key(each)}.`,
          })),
        ...books.running
          .filter((each) => !onRecord.has(key(each)) && !isUndecided(history, each.organizationId))
          .map((each) => ({
            ...whose(history, each.organizationId),
            what: `The provider bills ${key(each)}, and nobody has it on record.`,
          })),
      ],
    }
  },
}

function key({ organizationId, externalId }: { organizationId: string; externalId: string | null }): string {
  return `${organizationId} ${externalId}`
}

/** Somebody has yet to decide about the step that may have opened the subscription. */
function isUndecided({ runs }: History, organizationId: string): boolean {
  const run = runs.find((each) => isAddingAccount(each) && each.organizationId === organizationId)
  return run !== undefined && stepOf(run, 'start-billing')?.status === 'needs_attention'
}
