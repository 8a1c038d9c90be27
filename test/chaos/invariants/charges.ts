import type { History } from '../history/history.ts'
import { accountViolation, type Invariant, type Violation } from './invariant.ts'

export const charges: Invariant = {
  title: 'every account is billed once for the licenses that it used',
  check(history) {
    const { used, tables, books } = history
    const reported = books.effects.filter(({ operation }) => operation === 'reportUsage')
    const inLedger = tables.ledgerRecords.filter(({ kind }) => kind === 'usage')
    return {
      compared:
        `${used.length} accounts with devices, ${tables.bills.length} bills, ${tables.invoices.length} invoices, ` +
        `${reported.length} charges at the provider, ${inLedger.length} in our ledger`,
      violations: [
        ...used.flatMap((each) => wrongCharge(each, history)),
        ...tables.bills
          .filter(({ organizationId }) => !used.some((each) => each.organizationId === organizationId))
          .map(({ organizationId: id }) =>
            accountViolation(history, id, `${id} used no licenses, and there is a bill.`),
          ),
        ...reported
          .filter(({ key }) => !tables.bills.some(({ id }) => id === key))
          .map(({ key, organizationId: id }) =>
            accountViolation(history, id, `The provider charges ${key}, which is not a bill of ours.`),
          ),
      ],
    }
  },
}

function wrongCharge({ organizationId, devices }: History['used'][number], history: History): Violation[] {
  const { tables, books } = history
  const wrong = (difference: string) => [
    accountViolation(
      history,
      organizationId,
      `${organizationId} used ${devices} licenses, and ${difference}.`,
    ),
  ]
  const bill = tables.bills.find((each) => each.organizationId === organizationId)
  if (bill === undefined) return wrong('there is no bill')
  const billed = bill.trial + bill.purchased
  if (billed !== devices) return wrong(`the bill says ${billed}`)
  if (bill.externalReference === null) return wrong('the bill was not reported')
  if (!tables.invoices.some((each) => each.organizationId === organizationId && each.month === bill.month))
    return wrong('there is no invoice')
  if (bill.billingAdapter !== 'http') return []
  const charge = books.effects.find(({ key }) => key === bill.id)
  const charged = (charge?.usage?.trial ?? 0) + (charge?.usage?.purchased ?? 0)
  return charged === devices ? [] : wrong(`the provider charges ${charged}`)
}
