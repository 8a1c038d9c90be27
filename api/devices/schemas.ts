import { z } from 'zod'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { text } from '../http/text-schema.ts'

const time = z.iso.datetime()

export const device = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    poolOrganizationId: z
      .string()
      .describe('Whose pool the license is from: for a unit, that of its enterprise.'),
    name: z.string(),
    hostname: z.string().nullable(),
    externalId: z.string().nullable(),
    createdAt: time,
    assignedAt: time.describe('Since when it holds its license. Of a removed device: the last one it held.'),
    removedAt: time
      .nullable()
      .describe('Since when it holds none any more. Null for one that holds a license.'),
  })
  .meta({ id: 'Device' })

export type DeviceView = z.output<typeof device>

export const deviceList = listOf(device)

export const deviceQuery = z.strictObject({
  ...pageQuery,
  q: text(200).optional().describe('Part of the name, the hostname or the external id, in any case.'),
})

export const deviceBody = z
  .strictObject({
    name: text(200).describe('As people know it.'),
    hostname: text(253).optional(),
    externalId: text(200)
      .optional()
      .describe(
        'Its id in your own system. It names one device of the organization, however often it is sent.',
      ),
  })
  .meta({ id: 'NewDevice' })

/** The requests that the reference shows. The tests send these very ones. */
export const deviceExamples = {
  laptop: { name: 'Ada’s laptop', hostname: 'nw-lap-0042', externalId: 'asset-0042' },
  replacement: { name: 'Ada’s new laptop', hostname: 'nw-lap-0107', externalId: 'asset-0107' },
} satisfies Record<string, z.input<typeof deviceBody>>
