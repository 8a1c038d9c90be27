import { randomUUID } from 'node:crypto'
import type { NewInvoice } from '../../domain/billing/invoices.ts'

/** What a provider issued; name only what the test is about. */
export function anIssuedInvoice(changes: Partial<NewInvoice> = {}): NewInvoice {
  const total = changes.total ?? 1_000
  return {
    externalId: `ext-${randomUUID()}`,
    kind: 'invoice',
    number: 'A-1',
    month: '2026-10',
    currency: 'USD',
    lines: [{ description: 'Licenses', quantity: 1, unitAmount: total, amount: total }],
    issuedAt: new Date('2026-11-01T00:00:00Z'),
    ...changes,
    total,
  }
}
