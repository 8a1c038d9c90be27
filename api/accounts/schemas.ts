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
  .describe(
    'The billing adapter. Default: that of the nearest partner above, or else the first that the deployment enables.',
  )

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
    description:
      'The email with which the user signs in. Unique in the whole system, in upper or lower case.',
  }),
  sendPasswordInstructions: z
    .boolean()
    .default(true)
    .describe('Whether to send the user a link to choose a password. Default true.'),
})

const planBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('trial'),
    licenses: licenseCount.default(5).describe('The number of licenses. Default 5.'),
    trialDays: z
      .int()
      .min(1)
      .max(365)
      .optional()
      .describe('The length of the trial in days. Default: as the deployment sets it, by default 30.'),
    billingAdapter: billingAdapter.optional(),
  }),
  z.strictObject({
    kind: z.literal('purchased'),
    licenses: licenseCount.optional().describe('The most licenses that may be assigned. Default: no limit.'),
    billingAdapter: billingAdapter.optional(),
  }),
])

/** The body of the request to add an account, a field for each step of the wizard. */
export const addAccountBody = z
  .strictObject({
    type: accountType,
    company: companyBody,
    user: userBody.optional().describe('The first user of the account. Default: none.'),
    plan: planBody
      .optional()
      .describe('Required for a customer or enterprise, optional for a partner, not allowed for a unit.'),
  })
  .meta({ id: 'AddAccount' })

export type AddAccountBody = z.output<typeof addAccountBody>

/** The example requests of the API reference. The tests send them. */
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
