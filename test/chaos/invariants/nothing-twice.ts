import type { History } from '../history/history.ts'
import { isAddingAccount, repeated, type Invariant, type Violation, whose } from './invariant.ts'

export const nothingTwice: Invariant = {
  title: 'no organization, user, subscription, license pool or charge twice',
  check(history) {
    const { organizations, users, subscriptions, pools, bills } = history.tables
    const things = thingsOf(history)
    return {
      compared:
        `${organizations.length} organizations, ${users.length} users, ${subscriptions.length} subscriptions, ` +
        `${pools.length} license pools, ${bills.length} bills`,
      violations: [
        ...Object.entries(things).flatMap(([what, keys]) =>
          repeated(keys, (key) => key).map(([key, group]) => {
            const [first = ''] = key.split(' ')
            const { run, name = first } = whose(history, first)
            return { run, name, what: `${group.length} times ${what} ${key}.` }
          }),
        ),
        ...orphans(history),
      ],
    }
  },
}

/** By what each may be there once. */
function thingsOf({ tables, books }: History): Record<string, string[]> {
  const { organizations, users, subscriptions, pools, ledgerRecords, bills, invoices } = tables
  const inLedger = (kind: string) => ledgerRecords.filter((record) => record.kind === kind)
  const atProvider = (operation: string) => books.effects.filter((effect) => effect.operation === operation)
  return {
    'the company': organizations.map(
      ({ name, parentId }) => `${name.replace(/ renamed$/, '')} below ${parentId}`,
    ),
    'the email': users.map(({ email }) => email.toLowerCase()),
    'the user of': users.map(account),
    'the subscription of': subscriptions.map(account),
    'the license pool of': pools.map(account),
    'the customer in our ledger': inLedger('customer').map(account),
    'the subscription in our ledger': inLedger('subscription').map(account),
    'the charge in our ledger': inLedger('usage').map(month),
    'the customer at the provider': atProvider('ensureCustomer').map(account),
    'the subscription at the provider': atProvider('ensureSubscription').map(account),
    'the charge at the provider': atProvider('reportUsage').map(month),
    'the bill of': bills.map(month),
    'the invoice of': invoices.map(month),
  }
}

function account({ organizationId }: { organizationId: string }): string {
  return organizationId
}

function month(charge: { organizationId: string; month?: string | null | undefined }): string {
  return `${charge.organizationId} ${charge.month}`
}

/** What no onboarding has on record was made by an attempt that nobody knows of. */
function orphans({ runs, tables }: History): Violation[] {
  const onboardings = runs.filter(isAddingAccount)
  const organizationIds = new Set(onboardings.map(({ organizationId }) => organizationId))
  const userIds = new Set(onboardings.map(({ userId }) => userId))
  return [
    ...tables.organizations.filter(({ id }) => !organizationIds.has(id)).map(({ id }) => id),
    ...tables.users.filter(({ id }) => !userIds.has(id)).map(({ id }) => id),
  ].map((id) => ({ what: `No onboarding has ${id} on record.` }))
}
