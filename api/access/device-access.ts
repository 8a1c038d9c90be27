import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type Device, findDevice } from '../../domain/licenses/read-devices.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'

const devices = new WeakMap<FastifyRequest, Device>()

/** For routes with `:deviceId`: answers 404 before anything else is looked at, unless the caller may see it. */
export function deviceInScope(db: DatabaseConnection): onRequestAsyncHookHandler {
  return async (request) => {
    const { deviceId } = request.params as { deviceId: string }
    const device = await findDevice(db, callerOf(request).path, deviceId)
    if (device === undefined) throw notFound()
    devices.set(request, device)
  }
}

/** The device that the address names. Only in routes behind `deviceInScope`. */
export function deviceOf(request: FastifyRequest): Device {
  const device = devices.get(request)
  if (device === undefined) throw new Error('This route asks for a device without looking it up')
  return device
}
