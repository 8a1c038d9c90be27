import { z } from 'zod'
import { addDevice, moveLicense, removeDevice } from '../../domain/licenses/assign-licenses.ts'
import { type Device, listDevices } from '../../domain/licenses/read-devices.ts'
import { callerOf } from '../access/api-key.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import {
  deviceInScope,
  deviceOf,
  organizationInScope,
  organizationOf,
  organizationParams,
} from '../access/path-resource.ts'
import { licensedDevice } from './license-problems.ts'
import { device, deviceBody, deviceList, deviceQuery, type DeviceView } from './schemas.ts'

const deviceParams = z.object({ deviceId: z.string() })

export function deviceRoutes(app: App, { db }: RouteDependencies): void {
  const tags = ['Devices']

  app.post(
    '/organizations/:organizationId/devices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'addDevice',
        summary: 'Add a device and assign it a license',
        description:
          'If the organization has a device with the same `externalId`, that device keeps its license, gets the new name and ' +
          'hostname, and the answer is 200.',
        tags,
        params: organizationParams,
        body: deviceBody,
        response: { 200: device, 201: device },
      },
    },
    async (request, reply) => {
      const { id } = organizationOf(request)
      const actor = callerOf(request).apiKeyId
      const added = licensedDevice(await addDevice(db, id, { description: request.body, actor }))
      void reply.header('location', `/v1/devices/${added.device.id}`)
      return reply.code(added.isNew ? 201 : 200).send(presentDevice(added.device))
    },
  )

  app.get(
    '/organizations/:organizationId/devices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listDevices',
        summary: 'List or search the devices of an organization',
        description: 'Removed devices are not listed.',
        tags,
        params: organizationParams,
        querystring: deviceQuery,
        response: { 200: deviceList },
      },
    },
    async (request) =>
      listPage(request.query, 'dev', presentDevice, (page, { q: search }) =>
        listDevices(db, organizationOf(request).id, { ...page, search }),
      ),
  )

  app.get(
    '/devices/:deviceId',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'getDevice',
        summary: 'Read a device',
        description: 'A removed device can be read too.',
        tags,
        params: deviceParams,
        response: { 200: device },
      },
    },
    async (request) => presentDevice(deviceOf(request)),
  )

  app.delete(
    '/devices/:deviceId',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a device and release its license',
        description:
          'A removed device can still be read, with `removedAt`. The months in which it held a license are billed.',
        tags,
        params: deviceParams,
        response: { 204: z.null().describe('The device was removed.') },
      },
    },
    async (request, reply) => {
      await removeDevice(db, deviceOf(request), callerOf(request).apiKeyId)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/devices/:deviceId/move',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'moveLicense',
        summary: 'Move the license of a device to a new one',
        description:
          'Removes the device and adds the new one in one transaction, so that no other device can take the license. A repeated ' +
          'request answers 200 with the new device if that has an `externalId`.',
        tags,
        params: deviceParams,
        body: deviceBody,
        response: { 200: device, 201: device },
      },
    },
    async (request, reply) => {
      const actor = callerOf(request).apiKeyId
      const moved = licensedDevice(
        await moveLicense(db, deviceOf(request), { description: request.body, actor }),
      )
      void reply.header('location', `/v1/devices/${moved.device.id}`)
      return reply.code(moved.isNew ? 201 : 200).send(presentDevice(moved.device))
    },
  )
}

function presentDevice(found: Device): DeviceView {
  return {
    ...found,
    createdAt: found.createdAt.toISOString(),
    assignedAt: found.assignedAt.toISOString(),
    removedAt: found.removedAt?.toISOString() ?? null,
  }
}
