import { z } from 'zod'
import { organizationTypes } from '../../domain/organizations/organization-types.ts'
import { billingAdapter } from '../accounts/schemas.ts'
import { companyFields } from '../accounts/company-schema.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { text } from '../http/text-schema.ts'

const time = z.iso.datetime()

export const organization = z
  .object({
    id: z.string(),
    type: z.enum(organizationTypes),
    parentId: z.string().nullable(),
    status: z.enum(['active', 'suspended', 'closed']),
    name: z.string(),
    country: z.string(),
    state: z.string().describe('ISO 3166-2, or free text where the country has no subdivisions.'),
    city: z.string().nullable(),
    addressLine1: z.string().nullable(),
    postalCode: z.string().nullable(),
    phone: z.string().nullable(),
    website: z.string().nullable(),
    externalId: z.string().nullable(),
    notes: z.string().nullable(),
    defaultBillingAdapter: z
      .string()
      .nullable()
      .describe(
        'Who bills the accounts added below this partner. Null: what the next one above says, or the deployment.',
      ),
    version: z.int().describe('Also in `ETag`.'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Organization' })

export type OrganizationView = z.output<typeof organization>

export const organizationList = listOf(organization)

export const organizationQuery = z.strictObject({
  ...pageQuery,
  q: text(200).optional().describe('Part of the name, in any case.'),
})

export const childrenQuery = z.strictObject(pageQuery)

/** Absent: as it is. Null: remove. */
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
  defaultBillingAdapter: billingAdapter.nullable().optional().describe('Only of a partner, or the platform.'),
})

export type OrganizationChangesBody = z.output<typeof organizationChanges>

export const organizationChangesExample = { city: 'Houston', phone: '(713) 555-0199', notes: null }
