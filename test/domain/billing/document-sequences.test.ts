import fc from 'fast-check'
import { expect, test } from 'vitest'
import { takeProviderEvent } from '../../../domain/billing/provider-events.ts'
import { takeDocument } from '../../../domain/billing/take-document.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { rowsOf } from '../../builders/rows.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'
import { tries } from '../../stack/extent.ts'
import { type Document, modelOfDocuments } from './document-model.ts'

// A provider delivers documents in any order, several times and changed, in webhooks and in answers to credits.
const { db } = await freshDatabaseForFile()
const platform = await platformId(db)
let rounds = 0

type Command =
  | { does: 'deliver'; customer: 'early' | 'late'; document: Document }
  | { does: 'credit'; amount: number; document: Document }
  | { does: 'subscribe' }

const currency = fc.constantFrom('USD', 'EUR')
const anyInvoice: fc.Arbitrary<Document> = fc.record({
  externalId: fc.constantFrom('invoice-1', 'invoice-2'),
  kind: fc.constant('invoice' as const),
  total: fc.constantFrom(2_000, 2_000, 1_000, -5),
  currency: fc.oneof({ weight: 4, arbitrary: currency }, { weight: 1, arbitrary: fc.constant('ZZZ') }),
})
const anyNote: fc.Arbitrary<Document> = fc.record({
  externalId: fc.constantFrom('note-1', 'note-2', 'note-3'),
  kind: fc.constant('credit_note' as const),
  corrects: fc.constantFrom('invoice-1', 'invoice-2'),
  total: fc.constantFrom(-600, -600, -1_500, 600),
  currency,
})
const anyDocument = fc.oneof(anyInvoice, anyNote)
const customer = fc.constantFrom('early' as const, 'early' as const, 'late' as const)
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant('deliver' as const), customer, document: anyDocument }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('credit' as const),
      amount: fc.constantFrom(600, 1_500),
      document: anyNote,
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('subscribe' as const) }) },
)

/** A provider of its own for each sequence, with one account on record and one whose customer gets on record later. */
async function aProvider() {
  const billingAdapter = `provider-${++rounds}`
  const early = await anOrganization(db, platform, { type: 'customer' })
  const late = await anOrganization(db, platform, { type: 'customer' })
  const subscribe = (account: string, name: string) =>
    aPlanPeriod(db, account, { billingAdapter, customer: name })
  await subscribe(early, 'early')
  let events = 0
  let isLateKnown = false
  return {
    early,
    late,
    async carryOut(command: Command): Promise<void> {
      if (command.does === 'subscribe') {
        if (isLateKnown) return
        isLateKnown = true
        await subscribe(late, 'late')
        return
      }
      const document = anIssuedInvoice(command.document)
      if (command.does === 'deliver') {
        const { customer: customerExternalId } = command
        const id = `event-${++events}`
        const type = 'invoice_issued'
        await takeProviderEvent(db, billingAdapter, { id, type, customerExternalId, invoice: document })
        return
      }
      const asked = { credit: { invoiceExternalId: document.corrects ?? '', amount: command.amount } }
      const of = { organizationId: early }
      await db
        .transaction()
        .execute((transaction) => takeDocument(transaction, { billingAdapter, of, document, asked }))
    },
    async state() {
      const [invoices, held] = [
        await rowsOf(db, 'invoices', { billing_adapter: billingAdapter }),
        await rowsOf(db, 'held_documents', { billing_adapter: billingAdapter }),
      ]
      const idOf = new Map(invoices.map(({ id, external_id: externalId }) => [id, externalId]))
      return {
        taken: invoices
          .map(({ external_id: id, organization_id: account, total, currency: code, corrects }) => {
            const invoice = corrects === null ? {} : { corrects: idOf.get(corrects) }
            return { id, account, total: Number(total), currency: code, ...invoice }
          })
          .toSorted((one, other) => one.id.localeCompare(other.id)),
        held: held
          .map(({ external_id: id, state }) => ({ id, state }))
          .toSorted((one, other) => one.id.localeCompare(other.id)),
      }
    },
  }
}

test('after every sequence, what is taken and what is kept aside is as in the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 3, maxLength: 14 }), async (commands) => {
      const provider = await aProvider()
      const model = modelOfDocuments(provider)
      for (const command of commands) {
        await provider.carryOut(command)
        if (command.does === 'subscribe') model.subscribe()
        else if (command.does === 'deliver') model.deliver(command.customer, command.document)
        else model.credit(command.amount, command.document)
        expect(await provider.state()).toEqual(model.state())
      }
    }),
    tries(80),
  )
})

test('credits that come at the same time never exceed their invoice, and no document is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 4, maxLength: 10 }), async (commands) => {
      const provider = await aProvider()
      const first: Document = { externalId: 'invoice-1', kind: 'invoice', total: 2_000, currency: 'USD' }
      await provider.carryOut({ does: 'deliver', customer: 'early', document: first })
      await Promise.all(commands.map(provider.carryOut))
      const { taken, held } = await provider.state()
      for (const invoice of taken.filter(({ corrects }) => corrects === undefined)) {
        const credits = taken.filter(({ corrects }) => corrects === invoice.id)
        expect(
          credits.every(
            ({ account, currency: code }) => account === invoice.account && code === invoice.currency,
          ),
        ).toBe(true)
        const credited = credits.reduce((sum, { total }) => sum - total, 0)
        expect(credited).toBeLessThanOrEqual(invoice.total)
      }
      const delivered = commands.flatMap((one) => ('document' in one ? [one.document.externalId] : []))
      const known = new Set([...taken, ...held].map(({ id }) => id))
      expect(delivered.filter((id) => !known.has(id))).toEqual([])
    }),
    tries(40),
  )
})
