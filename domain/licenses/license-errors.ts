import { defineError } from '../errors/error-declaration.ts'

export const limitBelowAssigned = defineError({
  code: 'limit_below_assigned',
  class: 'needs_input',
  field: true,
  message: 'The limit of {licenses} licenses is below the {assigned} licenses that are assigned to devices.',
  nextAction: 'Remove devices (`DELETE /v1/devices/:id`) until the rest fits, then retry; or cancel.',
})

export const licensesInUse = defineError({
  code: 'licenses_in_use',
  class: 'needs_input',
  message: 'Devices use licenses of the account, so its license pool was not removed.',
  nextAction: 'Remove the devices of the account and of its units (`DELETE /v1/devices/:id`), then retry.',
})

export const licensesExhausted = defineError({
  code: 'licenses_exhausted',
  status: 409,
  title: 'All licenses are assigned',
  message: 'All licenses of the plan are assigned. The plan has {allocated}.',
  nextAction:
    'Remove a device that is no longer used, move its license (`POST /v1/devices/:id/move`), or raise the limit of the plan.',
})

export const noLicenses = defineError({
  code: 'no_licenses',
  status: 409,
  title: 'The organization has no licenses',
  message: 'The organization has no plan, so it has no licenses for devices.',
  nextAction:
    'Add the device to an organization with a plan, or add an account for it under this organization.',
})

export const trialEnded = defineError({
  code: 'trial_ended',
  status: 409,
  title: 'The trial has ended',
  message: 'The trial ended at {trialEndsAt}, so no device can take a license.',
  nextAction:
    'Convert the plan to purchased, then send the request again. Devices keep the licenses that they have.',
})

export const subscriptionNotActive = defineError({
  code: 'subscription_not_active',
  status: 409,
  title: 'The plan is not active',
  message: 'The plan is {status}, so no device can take a license.',
  nextAction: 'Restore the account that the licenses belong to, then send the request again.',
})

export const deviceRemoved = defineError({
  code: 'device_removed',
  status: 409,
  title: 'The device is removed',
  message: 'The device is removed, so it has no license that could be moved.',
  nextAction: 'Add the new device to its organization: `POST /v1/organizations/:id/devices`.',
})

export const deviceExists = defineError({
  code: 'device_exists',
  status: 409,
  title: 'The device already exists',
  message: 'A device with this `externalId` already exists in the organization and has its own license.',
  nextAction:
    'To free a license, remove the old device. To move the license, name a device with another `externalId`.',
})
