import { z } from 'zod'
import { organizationTypes } from '../../domain/organizations/organization-types.ts'
import { billingAdapter } from '../accounts/schemas.ts'
import { companyFields } from '../accounts/company-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { nullableText, text } from '../http/text-schema.ts'

const time = z.iso.datetime()

export const organization = z
  .object({
    id: z.string(),
    type: z.enum(organizationTypes),
    parentId: nullableText('Null for the platform.'),
    status: z
      .enum(['active', 'suspended', 'closed'])
      .describe(
        'Only an active organization gets service. A suspended or closed one is not billed, and can be restored.',
      ),
    name: z.string(),
    country: z.string().describe('The ISO 3166-1 alpha-2 code.'),
    state: z.string().describe('The ISO 3166-2 code, or free text for a country without states.'),
    city: z.string().nullable(),
    addressLine1: z.string().nullable(),
    postalCode: z.string().nullable(),
    phone: nullableText('In E.164 format.'),
    website: z.string().nullable(),
    externalId: nullableText('The id of the organization in your own system.'),
    notes: z.string().nullable(),
    defaultBillingAdapter: nullableText(
      'The default billing adapter of accounts below this partner. Null: that of the next partner above, or of the deployment.',
    ),
    version: z.int().describe('Grows with each change. Also in the header `ETag`.'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Organization' })

export type OrganizationView = z.output<typeof organization>

export const organizationList = listOf(organization)

export const organizationQuery = z.strictObject({
  ...pageQuery,
  q: text(200).optional().describe('A part of the name, in upper or lower case.'),
})

export const childrenQuery = z.strictObject(pageQuery)

/** A missing field keeps its value; null removes it. */
export const organizationChanges = z.strictObject({
  name: companyFields.name.optional(),
  state: companyFields.state.optional(),
  country: companyFields.country.optional(),
  city: companyFields.city.nullable().optional(),
  addressLine1: companyFields.addressLine1.nullable().optional(),
  postalCode: companyFields.postalCode.nullable().optional(),
  phone: companyFields.phone.nullable().optional(),
  website: companyFields.website.nullable().optional(),
  externalId: companyFields.externalId.nullable().optional(),
  notes: companyFields.notes.nullable().optional(),
  defaultBillingAdapter: billingAdapter.nullable().optional().describe('Only for a partner or the platform.'),
})

export type OrganizationChangesBody = z.output<typeof organizationChanges>

export const organizationChangesExample = { city: 'Houston', phone: '(713) 555-0199', notes: null }
