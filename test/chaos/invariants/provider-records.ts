import type { Evidence } from '../history/history.ts'
import { isAddingAccount, type Rule, stepOf, whose } from './invariant.ts'

export const provider: Rule = {
  title: 'the billing provider bills what the tables say, and nothing else',
  check(evidence) {
    const { tables, books } = evidence
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
            ...whose(evidence, each.organizationId),
            what: `The provider does not bill ${key(each)}.`,
          })),
        ...books.running
          .filter((each) => !onRecord.has(key(each)) && !isUndecided(evidence, each.organizationId))
          .map((each) => ({
            ...whose(evidence, each.organizationId),
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
function isUndecided({ runs }: Evidence, organizationId: string): boolean {
  const run = runs.find((each) => isAddingAccount(each) && each.organizationId === organizationId)
  return run !== undefined && stepOf(run, 'start-billing')?.status === 'needs_attention'
}
