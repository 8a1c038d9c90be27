import { z } from 'zod'
import { accountTypes } from '../../domain/organizations/organization-types.ts'
import { companyBody } from './company-schema.ts'
import { text } from '../http/text-schema.ts'

export const licenseCount = z.int().min(1).max(100_000)
export const billingAdapter = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .describe('Who bills. Default: the first one that the deployment enables.')

export const accountType = z.enum(accountTypes)

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(z.regexes.email, 'Use an email such as ada@example.com.')

export const userBody = z.strictObject({
  fullName: text(200),
  email: email.meta({
    format: 'email',
    description: 'Belongs to at most one user in the whole system, in any case.',
  }),
  sendPasswordInstructions: z.boolean().default(true).describe('Mails a link to set the password.'),
})

const planBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('trial'),
    licenses: licenseCount.default(5),
    trialDays: z.int().min(1).max(365).optional().describe('Default: what the deployment sets, as 30.'),
    billingAdapter: billingAdapter.optional(),
  }),
  z.strictObject({
    kind: z.literal('purchased'),
    licenses: licenseCount.optional().describe('An upper limit. Default: none.'),
    billingAdapter: billingAdapter.optional(),
  }),
])

/** The body of AddAccount: the four steps of the wizard. */
export const addAccountBody = z
  .strictObject({
    type: accountType,
    company: companyBody,
    user: userBody.optional(),
    plan: planBody.optional().describe('Required for a customer and an enterprise; a unit has none.'),
  })
  .meta({ id: 'AddAccount' })

export type AddAccountBody = z.output<typeof addAccountBody>

/** The requests that the reference shows. The tests send these very ones. */
export const addAccountExamples = {
  customerOnTrial: {
    type: 'customer',
    company: { name: 'Northwind Traders', state: 'Texas', city: 'Austin', phone: '(512) 555-0142' },
    user: { fullName: 'Ada Lovelace', email: 'ada@northwind.example', sendPasswordInstructions: true },
    plan: { kind: 'trial', licenses: 5, trialDays: 30 },
  },
  partnerWithoutLicenses: {
    type: 'partner',
    company: { name: 'Contoso Services', state: 'WA', website: 'https://contoso.example' },
  },
  purchasedEnterprise: {
    type: 'enterprise',
    company: { name: 'Fabrikam', country: 'DE', state: 'Bayern', externalId: 'crm-1042' },
    plan: { kind: 'purchased', licenses: 250 },
  },
} satisfies Record<string, z.input<typeof addAccountBody>>
