import { z } from 'zod'
import { longText, text } from '../http/text-schema.ts'

export const companyFields = {
  name: text(200).describe('The name of the company.'),
  state: text(100).describe(
    'The state or province, by code (`TX`, `US-TX`) or name (`Texas`). Stored as its ISO 3166-2 code. Free text for a country ' +
      'without states.',
  ),
  country: z
    .string()
    .trim()
    .regex(/^[A-Za-z]{2}$/, 'Use a code of two letters, such as US.')
    .describe('The ISO 3166-1 alpha-2 code, in upper or lower case. Default `US`.'),
  city: text(200),
  addressLine1: text(200),
  postalCode: text(20),
  phone: text(50).describe('The phone number in national or international format. Stored in E.164 format.'),
  website: z
    .url({
      protocol: /^https?$/,
      hostname: z.regexes.domain,
      error: 'Use a URL such as https://example.com.',
    })
    .max(2048),
  externalId: text(200).describe('The id of the account in your own system.'),
  notes: longText(2000),
}

const { name, state, ...optionalFields } = companyFields

export const companyBody = z.strictObject({ name, state, ...z.object(optionalFields).partial().shape })
