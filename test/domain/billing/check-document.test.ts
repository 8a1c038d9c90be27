import { describe, expect, test } from 'vitest'
import { findMisfit, type Known } from '../../../domain/billing/check-document.ts'
import type { Invoice, NewInvoice } from '../../../domain/billing/invoices.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'

const nothing: Known = {
  organizationId: 'org_1',
  asked: undefined,
  same: undefined,
  corrected: undefined,
  reported: undefined,
}

const invoice = anIssuedInvoice({ externalId: 'in_1', total: 2_000 })
const recorded: Invoice = {
  ...invoice,
  id: 'inv_1',
  organizationId: 'org_1',
  billingAdapter: 'remote',
  corrects: null,
  month: '2026-10',
  credited: 0,
}
const note = anIssuedInvoice({ kind: 'credit_note', corrects: 'in_1', total: -1_500 })
const credit = { credit: { invoiceExternalId: 'in_1', amount: 1_500 } }
const usage = { trial: 1, purchased: 2, converted: 0 }
const report = { report: { month: '2026-10', usage } }

/** The lines as quantity, unit amount and description. */
function billing(...lines: [quantity: number, unitAmount: number, description?: string][]): NewInvoice {
  const issued = lines.map(([quantity, unitAmount, description = 'Licenses']) => ({
    description,
    quantity,
    unitAmount,
    amount: quantity * unitAmount,
  }))
  return { ...invoice, lines: issued, total: issued.reduce((sum, { amount }) => sum + amount, 0) }
}

describe('an invoice', () => {
  test.each<[string, NewInvoice, Partial<Known>?]>([
    ['as it was issued', invoice],
    ['over nothing', billing([3, 0])],
    ['without lines', billing()],
    ['without a month', (({ month: _month, ...rest }) => rest)(invoice)],
    ['as it is on record', invoice, { same: recorded }],
    ['for the reported licenses', billing([2, 500], [1, 0, 'Trial licenses']), { asked: report }],
    ['with tiers', billing([1, 500], [2, 400]), { asked: report }],
    ['with several lines for each license', billing([3, 500], [3, 100, 'Support']), { asked: report }],
    ['with a flat fee and a tax', billing([1, 9_900, 'Fee'], [1, 1_881, 'VAT']), { asked: report }],
    ['with a discount for each license', billing([3, 500], [3, -50, 'Discount']), { asked: report }],
    ['for a month of which nothing was reported', billing([30, 500])],
    [
      'that credits converted devices',
      billing([2, 100], [2, -300, 'Trial licenses']),
      { asked: { report: { month: '2026-10', usage: { ...usage, converted: 2 } } } },
    ],
  ])('%s fits', (_, document, known) => {
    expect(findMisfit(document, { ...nothing, ...known })).toBeUndefined()
  })

  test.each<[string, NewInvoice, Partial<Known>, RegExp]>([
    ['with a total that is not the sum', { ...invoice, total: 1_999 }, {}, /add up to 2000.*total is 1999/],
    [
      'with a line that does not add up',
      { ...invoice, lines: [{ description: 'x', quantity: 2, unitAmount: 500, amount: 2_000 }] },
      {},
      /amount of a line/,
    ],
    ['with half a license', billing([0.5, 1_000]), {}, /quantity/],
    ['with fewer than no licenses', billing([-1, -1_000]), {}, /quantity/],
    ['with a fraction of a minor unit', billing([1, 0.5]), {}, /whole number of minor units/],
    ['in an unknown currency', { ...invoice, currency: 'ZZZ' }, {}, /"ZZZ".*ISO 4217/],
    ['in a currency in small letters', { ...invoice, currency: 'usd' }, {}, /"usd"/],
    ['of no month', { ...invoice, month: '2026-13' }, {}, /"2026-13" is not a month/],
    ['that corrects something', { ...invoice, corrects: 'in_0' }, {}, /corrects another/],
    ['over a negative amount', billing([3, -500]), { asked: report }, /-1500, which is negative/],
    ['over a negative amount, unasked', billing([1, -500]), {}, /negative/],
    [
      'of another month',
      { ...invoice, month: '2026-09' },
      { asked: report },
      /2026-09.*2026-10 was reported/,
    ],
    ['for more licenses', billing([30, 500]), { asked: report }, /bills 30 licenses, and 3 were reported/],
    ['for licenses twice', billing([3, 500], [3, 500]), { asked: report }, /bills 6 licenses/],
    ['with too many credited devices', billing([2, 500], [4, -1, 'x']), { asked: report }, /bills 4/],
    ['for more than was reported before', billing([4, 1]), { reported: usage }, /3 were reported/],
    ['in the answer to a credit', invoice, { asked: credit }, /answer to a credit is an invoice/],
    ['with another total than on record', billing([1, 1]), { same: recorded }, /on record with 2000 USD/],
    [
      'in another currency than on record',
      { ...invoice, currency: 'EUR' },
      { same: recorded },
      /never changes/,
    ],
    ['of another account', invoice, { same: { ...recorded, organizationId: 'org_2' } }, /another account/],
  ])('%s does not fit', (_, document, known, reason) => {
    expect(findMisfit(document, { ...nothing, ...known })).toMatch(reason)
  })
})

describe('a credit note', () => {
  const asked = { asked: credit, corrected: recorded }

  test.each<[string, NewInvoice, Partial<Known>]>([
    ['as it was asked', note, asked],
    ['without a month', (({ month: _month, ...rest }) => rest)(note), asked],
    ['over what is left', note, { corrected: { ...recorded, credited: 500 } }],
    [
      'that used up the invoice',
      note,
      {
        ...asked,
        corrected: { ...recorded, credited: 2_000 },
        same: { ...recorded, kind: 'credit_note', corrects: 'inv_1', total: -1_500 },
      },
    ],
    ['whose invoice is not on record', note, {}],
  ])('%s fits', (_, document, known) => {
    expect(findMisfit(document, { ...nothing, ...known })).toBeUndefined()
  })

  const positive = anIssuedInvoice({ kind: 'credit_note', corrects: 'in_1', total: 1_500 })
  test.each<[string, NewInvoice, Partial<Known>, RegExp]>([
    ['with a positive total', positive, asked, /1500, which is not negative/],
    ['over nothing', { ...note, lines: [], total: 0 }, {}, /not negative/],
    ['of no invoice', (({ corrects: _corrects, ...rest }) => rest)(note), asked, /does not name the invoice/],
    ['of another invoice', { ...note, corrects: 'in_2' }, asked, /another invoice/],
    [
      'over another amount',
      anIssuedInvoice({ kind: 'credit_note', corrects: 'in_1', total: -1_400 }),
      asked,
      /about 1400, and 1500 was asked/,
    ],
    ['in another currency', { ...note, currency: 'EUR' }, asked, /is EUR, and that of the invoice is USD/],
    ['of another month', { ...note, month: '2026-09' }, asked, /2026-09, and that of the invoice is 2026-10/],
    [
      'of a month, for an invoice without one',
      note,
      { corrected: { ...recorded, month: null } },
      /is not given/,
    ],
    [
      'over more than is left',
      note,
      { corrected: { ...recorded, credited: 501 } },
      /2001 would be credited of an invoice over 2000/,
    ],
    ['of a credit note', note, { corrected: { ...recorded, kind: 'credit_note' } }, /corrects a credit note/],
    [
      'of an invoice of another account',
      note,
      { corrected: { ...recorded, organizationId: 'org_2' } },
      /another account/,
    ],
    [
      'in the answer to a report',
      note,
      { asked: report, corrected: recorded },
      /report of usage is a credit/,
    ],
  ])('%s does not fit', (_, document, known, reason) => {
    expect(findMisfit(document, { ...nothing, ...known })).toMatch(reason)
  })
})
