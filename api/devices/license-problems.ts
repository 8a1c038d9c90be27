import type { Moving } from '../../domain/licenses/assign-licenses.ts'
import type { Device } from '../../domain/licenses/read-devices.ts'
import type { LicenseRefusal } from '../../domain/licenses/license-refusals.ts'
import { notFound, Problem } from '../http/problem.ts'

/** The device that holds the license now. @throws Problem saying why none does, and what to do about it. */
export function licensedDevice(result: Moving): { device: Device; isNew: boolean } {
  if (result.outcome === 'gone') throw notFound()
  if (result.outcome === 'refused') throw new Problem(result.refusal.reason, explain(result.refusal))
  if (result.outcome === 'removed') {
    throw new Problem('device_removed', 'The device was removed, so it has no license to move.')
  }
  if (result.outcome === 'taken') {
    throw new Problem('device_exists', 'The device with this `externalId` holds a license of its own.')
  }
  return { device: result.device, isNew: result.outcome === 'licensed' }
}

function explain(refusal: LicenseRefusal): string {
  if (refusal.reason === 'no_licenses')
    return 'The organization has no plan, so it has no licenses for devices.'
  if (refusal.reason === 'trial_ended') return `The trial ended at ${refusal.trialEndsAt.toISOString()}.`
  if (refusal.reason === 'subscription_not_active') {
    return `The plan is ${refusal.status}, so no device takes a license.`
  }
  if (refusal.reason === 'organization_not_active') {
    return `The organization ${refusal.organizationId} is ${refusal.status}, so no device takes a license.`
  }
  const { allocated } = refusal
  return allocated === 1 ? 'The one license is assigned.' : `All ${allocated} licenses are assigned.`
}
