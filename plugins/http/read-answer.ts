import { z } from 'zod'
import type { IssuedInvoice } from '../plugin-contract.ts'

const externalId = z.string().min(1).max(255)
const minorUnits = z.int()

const line = z
  .object({
    description: z.string().max(500),
    quantity: z.int().nonnegative(),
    unitAmount: minorUnits,
    amount: minorUnits,
  })
  .refine(({ quantity, unitAmount, amount }) => amount === quantity * unitAmount, {
    path: ['amount'],
    error: 'is not quantity times unitAmount',
  })

const issued = z
  .object({
    externalId,
    number: z.string().min(1).max(100),
    corrects: externalId.exactOptional(),
    month: z
      .string()
      .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
      .exactOptional(),
    currency: z.string().regex(/^[A-Z]{3}$/),
    lines: z.array(line).max(1_000),
    total: minorUnits,
    issuedAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  })
  .refine(({ lines, total }) => total === lines.reduce((sum, { amount }) => sum + amount, 0), {
    path: ['total'],
    error: 'is not the sum of the lines',
  })

const invoiceSchema = issued.and(z.object({ kind: z.literal('invoice') }))
const creditNoteSchema = issued.and(z.object({ kind: z.literal('credit_note'), corrects: externalId }))
/** An invoice or a credit note of the provider. Its amounts must add up. */
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
  find: z.object({ externalId }),
}

export type Operation = keyof typeof answers
export type HttpAnswer<Name extends Operation> = z.output<(typeof answers)[Name]>
