import type { History } from '../history/history.ts'
import { accountViolation, isOnboarding, type Invariant, stepOf } from './invariant.ts'

export const providerRecords: Invariant = {
  title: 'the billing provider and our tables have the same open subscriptions',
  check(history) {
    const { tables, books } = history
    const ours = tables.subscriptions.filter(({ billingAdapter }) => billingAdapter === 'http')
    const openKeys = new Set(books.openSubscriptions.map(key))
    const recordedKeys = new Set(ours.map(key))
    const violation = ({ organizationId }: { organizationId: string }, message: string) =>
      accountViolation(history, organizationId, message)
    return {
      compared: `${ours.length} subscriptions in our tables, ${books.openSubscriptions.length} at the provider, ${books.effects.length} effects there`,
      violations: [
        ...books.misuses.map((message) => ({ message })),
        ...ours
          .filter((each) => !openKeys.has(key(each)))
          .map((each) => violation(each, `The provider does not bill ${key(each)}.`)),
        ...books.openSubscriptions
          .filter((each) => !recordedKeys.has(key(each)) && !isUndecided(history, each.organizationId))
          .map((each) => violation(each, `The provider bills ${key(each)}, which is not in our tables.`)),
      ],
    }
  },
}

function key({ organizationId, externalId }: { organizationId: string; externalId: string | null }): string {
  return `${organizationId} ${externalId}`
}

/** The step that may have opened the subscription is stuck, so support still has to decide. */
function isUndecided({ runs }: History, organizationId: string): boolean {
  const run = runs.find((each) => isOnboarding(each) && each.organizationId === organizationId)
  return run !== undefined && stepOf(run, 'start-billing')?.status === 'needs_attention'
}
