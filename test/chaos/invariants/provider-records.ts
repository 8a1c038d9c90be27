import type { History } from '../history/history.ts'
import { accountViolation, type Invariant, stepOf } from './invariant.ts'

export const providerRecords: Invariant = {
  title: 'the billing provider and our tables have the same open subscriptions, with the same names',
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
        ...books.openSubscriptions.flatMap((each) => {
          const name = tables.organizations.find(({ id }) => id === each.organizationId)?.name
          if (name === each.customerName || isUndecided(history, each.organizationId)) return []
          return [
            violation(each, `The provider has the name ${each.customerName}, and our tables have ${name}.`),
          ]
        }),
      ],
    }
  },
}

function key({ organizationId, externalId }: { organizationId: string; externalId: string | null }): string {
  return `${organizationId} ${externalId}`
}

/** The step that may have opened the subscription or carried its name is stuck, so support still has to decide. */
function isUndecided({ runs }: History, organizationId: string): boolean {
  return runs.some(
    (run) =>
      run.organizationId === organizationId &&
      ['start-billing', 'update-customer'].some((id) => stepOf(run, id)?.status === 'needs_attention'),
  )
}
