import type { History } from '../history/history.ts'
import { isOnboarding, originOf, repeated, type Invariant, type Violation } from './invariant.ts'

export const nothingTwice: Invariant = {
  title: 'no organization, user, subscription, license pool, bill or charge exists twice',
  check(history) {
    const { organizations, users, subscriptions, pools, bills } = history.tables
    const objects = objectsOf(history)
    return {
      compared:
        `${organizations.length} organizations, ${users.length} users, ${subscriptions.length} subscriptions, ` +
        `${pools.length} license pools, ${bills.length} bills`,
      violations: [
        ...Object.entries(objects).flatMap(([label, keys]) =>
          repeated(keys, (key) => key).map(([key, group]) => {
            const [first = ''] = key.split(' ')
            const { runId, requestName = first } = originOf(history, first)
            return { runId, requestName, message: `${label} ${key} exists ${group.length} times.` }
          }),
        ),
        ...unrecorded(history),
      ],
    }
  },
}

/** @returns the keys of all objects, by a label. Each key may occur once. */
function objectsOf({ tables, books }: History): Record<string, string[]> {
  const { organizations, users, subscriptions, pools, ledgerRecords, bills, invoices } = tables
  const inLedger = (kind: string) => ledgerRecords.filter((record) => record.kind === kind)
  const atProvider = (operation: string) => books.effects.filter((effect) => effect.operation === operation)
  return {
    'The company': organizations.map(
      ({ name, parentId }) => `${name.replace(/ renamed$/, '')} below ${parentId}`,
    ),
    'The email': users.flatMap(({ email }) => email?.toLowerCase() ?? []),
    'The user of': users.map(account),
    'The subscription of': subscriptions.map(account),
    'The license pool of': pools.map(account),
    'The ledger customer of': inLedger('customer').map(account),
    'The ledger subscription of': inLedger('subscription').map(account),
    'The ledger charge of': inLedger('usage').map(month),
    'The provider customer of': atProvider('ensureCustomer').map(account),
    'The provider subscription of': atProvider('ensureSubscription').map(account),
    'The provider charge of': atProvider('reportUsage').map(month),
    'The bill of': bills.map(month),
    'The invoice of': invoices.map(month),
  }
}

function account({ organizationId }: { organizationId: string }): string {
  return organizationId
}

function month(charge: { organizationId: string; month?: string | null | undefined }): string {
  return `${charge.organizationId} ${charge.month}`
}

/** An organization or user that no onboarding records was created by an attempt that was given up on. */
function unrecorded({ runs, tables }: History): Violation[] {
  const onboardings = runs.filter(isOnboarding)
  const organizationIds = new Set(onboardings.map(({ organizationId }) => organizationId))
  const userIds = new Set(onboardings.map(({ userId }) => userId))
  return [
    ...tables.organizations.filter(({ id }) => !organizationIds.has(id)).map(({ id }) => id),
    ...tables.users.filter(({ id }) => !userIds.has(id)).map(({ id }) => id),
  ].map((id) => ({ message: `No onboarding records ${id}.` }))
}
