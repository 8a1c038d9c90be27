import { z } from 'zod'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { nullableText, text } from '../http/text-schema.ts'

const time = z.iso.datetime()

export const device = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    poolOrganizationId: z
      .string()
      .describe('The organization with the pool of the license: for a unit, its enterprise.'),
    name: z.string(),
    hostname: nullableText('The network name of the device.'),
    externalId: nullableText('The id of the device in your own system.'),
    createdAt: time,
    assignedAt: time.describe(
      'The time at which the device got its license. For a removed device, its last license.',
    ),
    removedAt: time
      .nullable()
      .describe('The time at which the device was removed. Null while it holds a license.'),
  })
  .meta({ id: 'Device' })

export type DeviceView = z.output<typeof device>

export const deviceList = listOf(device)

export const deviceQuery = z.strictObject({
  ...pageQuery,
  q: text(200)
    .optional()
    .describe('A part of the name, the hostname or the external id, in upper or lower case.'),
})

export const deviceBody = z
  .strictObject({
    name: text(200).describe('The name of the device, for people.'),
    hostname: text(253).optional(),
    externalId: text(200)
      .optional()
      .describe(
        'The id of the device in your own system. Unique in the organization: a repeated id updates the same device.',
      ),
  })
  .meta({ id: 'NewDevice' })

/** The example requests of the API reference. The tests send them. */
export const deviceExamples = {
  laptop: { name: 'Ada’s laptop', hostname: 'nw-lap-0042', externalId: 'asset-0042' },
  replacement: { name: 'Ada’s new laptop', hostname: 'nw-lap-0107', externalId: 'asset-0107' },
} satisfies Record<string, z.input<typeof deviceBody>>
