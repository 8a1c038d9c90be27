import { z } from 'zod'
import type { IssuedInvoice } from '../plugin-contract.ts'

const externalId = z.string().min(1).max(255)

// Only the shape: whoever takes the invoice checks what it says, and keeps one that does not fit aside.
const issued = z.object({
  externalId,
  number: z.string().min(1).max(100),
  corrects: externalId.exactOptional(),
  month: z.string().max(20).exactOptional(),
  currency: z.string().max(20),
  lines: z
    .array(
      z.object({
        description: z.string().max(500),
        quantity: z.number(),
        unitAmount: z.number(),
        amount: z.number(),
      }),
    )
    .max(1_000),
  total: z.number(),
  issuedAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
})

const invoiceSchema = issued.and(z.object({ kind: z.literal('invoice') }))
const creditNoteSchema = issued.and(z.object({ kind: z.literal('credit_note'), corrects: externalId }))
/** An invoice or a credit note of the provider. */
export const issuedSchema: z.ZodType<IssuedInvoice> = z.union([invoiceSchema, creditNoteSchema])

const listed = z.object({
  externalId,
  customerExternalId: externalId,
  organizationId: z.string().min(1).max(255),
  status: z.enum(['open', 'ended']),
  createdAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
})

/** The schema of the answer to each operation of our protocol. Other fields are ignored. */
export const answers = {
  check: z.object({}),
  ensureCustomer: z.object({ externalId }),
  updateCustomer: z.object({}),
  ensureSubscription: z.object({ externalId }),
  changePlan: z.object({ externalId }),
  reportUsage: z.object({ externalId, invoice: invoiceSchema.exactOptional() }),
  readUsage: z.object({
    usage: z.object({ trial: z.int().nonnegative(), purchased: z.int().nonnegative() }),
  }),
  creditInvoice: z.object({ externalId, creditNote: creditNoteSchema }),
  cancel: z.object({}),
  listSubscriptions: z.object({
    subscriptions: z.array(listed).max(100),
    next: z.string().min(1).max(1_000).exactOptional(),
  }),
  find: z.object({
    externalId,
    invoice: invoiceSchema.exactOptional(),
    creditNote: creditNoteSchema.exactOptional(),
  }),
}

export type Operation = keyof typeof answers
export type HttpAnswer<Name extends Operation> = z.output<(typeof answers)[Name]>
