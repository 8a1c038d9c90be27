import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { addDevice, moveLicense, removeDevice } from '../../domain/licenses/assign-licenses.ts'
import { type Device, listDevices } from '../../domain/licenses/read-devices.ts'
import { isIdOf } from '../../domain/ids.ts'
import { callerOf } from '../access/api-key.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { deviceInScope, deviceOf, organizationInScope, organizationOf } from '../access/path-resource.ts'
import { licensedDevice } from './license-problems.ts'
import { device, deviceBody, deviceList, deviceQuery, type DeviceView } from './schemas.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

const ofOrganization = z.object({ organizationId: z.string() })
const ofDevice = z.object({ deviceId: z.string() })

export function deviceRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Devices']

  typed.post(
    '/organizations/:organizationId/devices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'addDevice',
        summary: 'Add a device, which takes a license',
        description:
          'One that the organization has already under its `externalId` takes no second license: it gets the name and ' +
          'hostname that are sent, and the answer is 200.',
        tags,
        params: ofOrganization,
        querystring: noQuery,
        body: deviceBody,
        response: { 200: device, 201: device, ...problemResponses },
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

  typed.get(
    '/organizations/:organizationId/devices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listDevices',
        summary: 'List or search the devices of an organization that hold a license',
        tags,
        params: ofOrganization,
        querystring: deviceQuery,
        response: { 200: deviceList, ...problemResponses },
      },
    },
    async (request) => {
      const { q, limit } = request.query
      const page = readPage(request.query, isIdOf('dev'))
      const found = await listDevices(db, organizationOf(request).id, { ...page, search: q })
      return toList(found, limit, presentDevice)
    },
  )

  typed.get(
    '/devices/:deviceId',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'getDevice',
        summary: 'Read a device, also one that was removed',
        tags,
        params: ofDevice,
        querystring: noQuery,
        response: { 200: device, ...problemResponses },
      },
    },
    async (request) => presentDevice(deviceOf(request)),
  )

  typed.delete(
    '/devices/:deviceId',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a device, which frees its license',
        description: 'It stays readable with its `removedAt`, because the months it was used in are billed.',
        tags,
        params: ofDevice,
        querystring: noQuery,
        response: { 204: z.null().describe('It holds no license any more.'), ...problemResponses },
      },
    },
    async (request, reply) => {
      await removeDevice(db, deviceOf(request), callerOf(request).apiKeyId)
      return reply.code(204).send(null)
    },
  )

  typed.post(
    '/devices/:deviceId/move',
    {
      onRequest: deviceInScope(db),
      schema: {
        operationId: 'moveLicense',
        summary: 'Move the license of a device to a new one',
        description:
          'Removes the device and adds the one that is sent, at once: the license goes over even when the pool is full, ' +
          'and nobody takes it in between. Sent again, it answers 200 with the new device if that has an `externalId`.',
        tags,
        params: ofDevice,
        querystring: noQuery,
        body: deviceBody,
        response: { 200: device, 201: device, ...problemResponses },
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
