import type { MoveLicenseOutcome } from '../../domain/licenses/assign-licenses.ts'
import type { Device } from '../../domain/licenses/read-devices.ts'
import {
  deviceExists,
  deviceRemoved,
  licensesExhausted,
  noLicenses,
  subscriptionNotActive,
  trialEnded,
} from '../../domain/licenses/license-errors.ts'
import type { LicenseRefusal } from '../../domain/licenses/license-refusals.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import { notFound, type Problem, problem } from '../http/problem.ts'

/** The device that holds the license after an attempt to assign or move it. @throws Problem when no device got the license. */
export function licensedDevice(result: MoveLicenseOutcome): { device: Device; isNew: boolean } {
  if (result.outcome === 'gone') throw notFound()
  if (result.outcome === 'refused') throw refused(result.refusal)
  if (result.outcome === 'removed') throw problem(deviceRemoved)
  if (result.outcome === 'taken') throw problem(deviceExists)
  return { device: result.device, isNew: result.outcome === 'licensed' }
}

function refused(refusal: LicenseRefusal): Problem {
  if (refusal.reason === 'no_licenses') return problem(noLicenses)
  if (refusal.reason === 'trial_ended')
    return problem(trialEnded, { parameters: { trialEndsAt: refusal.trialEndsAt.toISOString() } })
  if (refusal.reason === 'subscription_not_active')
    return problem(subscriptionNotActive, { parameters: { status: refusal.status } })
  if (refusal.reason === 'organization_not_active')
    return problem(organizationNotActive, {
      parameters: { id: refusal.organizationId, status: refusal.status },
    })
  return problem(licensesExhausted, { parameters: { allocated: refusal.allocated } })
}
