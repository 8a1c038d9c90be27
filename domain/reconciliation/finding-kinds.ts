interface FindingDescription {
  means: string
  import?: string
  delete?: string
  otherwise?: string
}

export const findingKinds = {
  subscription_unknown_here: {
    means: 'The provider bills a subscription that carries our mark and belongs to no account here.',
    import: 'puts the subscription on the account whose id it carries, if nothing else bills that account',
    delete: 'ends the subscription at the provider',
  },
  subscription_still_open: {
    means: 'The subscription has ended here, and the provider still bills it.',
    delete: 'ends the subscription at the provider',
  },
  subscription_missing_at_provider: {
    means: 'The provider does not know the subscription of the account, so nobody bills the account.',
    delete:
      'suspends the account without calling the provider; restoring the account opens a new subscription',
    otherwise: 'import another subscription of the account, if a finding lists one',
  },
  subscription_ended_at_provider: {
    means: 'The provider has ended the subscription of the account, so nobody bills the account.',
    delete:
      'suspends the account without calling the provider; restoring the account opens a new subscription',
    otherwise: 'import another subscription of the account, if a finding lists one',
  },
  organization_without_onboarding: {
    means: 'No onboarding has added this organization.',
    import: 'keeps the organization, and no later round lists it',
    delete: 'removes the organization, if nothing is below it',
  },
  organization_of_ended_onboarding: {
    means: 'The onboarding of this organization was cancelled or refused.',
    import: 'keeps the organization, and no later round lists it',
    delete: 'removes the organization, or closes it where other records refer to it, if nothing is below it',
  },
  plan_missing: {
    means: 'The account was added with a plan and has none.',
    import: 'gives the account the subscription that its onboarding opened, if the provider still bills it',
  },
  license_pool_missing: {
    means: 'The account is billed for licenses and has no license pool.',
    import: 'opens the pool with the licenses of the plan',
  },
  licenses_over_limit: {
    means: 'More devices hold a license of the account than its plan allows.',
    otherwise: 'remove devices, or raise the number of licenses with PUT …/plan',
  },
  license_of_removed_device: {
    means: 'A removed device still holds a license and is billed.',
    delete: 'frees the license from the time the device was removed',
  },
  device_without_license: {
    means: 'The device holds no license and is not billed.',
    delete: 'removes the device; adding it again takes a license',
  },
  user_of_ended_onboarding: {
    means: 'The onboarding of this user was cancelled or refused.',
    import: 'keeps the user, and no later round lists it',
    delete: 'removes the user, with password and sessions',
  },
  document_unfit: {
    means: 'An invoice or credit note contradicts our records or the request, so it is kept aside.',
    delete: 'drops the document here, and it stays as it is at the provider',
    otherwise: 'let the provider correct the document and deliver it again with the same id',
  },
  document_waiting: {
    means: 'An invoice or credit note waits for its account, or for the invoice that it corrects.',
    delete: 'drops the document here, and it stays as it is at the provider',
    otherwise: 'add what it waits for, and the next event of the provider takes the document',
  },
  run_without_workflow: {
    means: 'The run is open here, and no workflow carries it out.',
    import:
      'starts the workflow again; done steps do not run again, stuck steps wait, and a cancelled run goes on being undone',
  },
  run_out_of_step: {
    means: 'The workflow of the run waits for a person at a step that is not stuck here.',
    import:
      'ends the workflow and starts it again from the step journal; done steps do not run again, and a cancelled run goes on being undone',
  },
  workflow_without_run: {
    means: 'The workflow is open, and its run is closed here or not on record.',
    delete: 'terminates the workflow and undoes nothing',
  },
} as const satisfies Record<string, FindingDescription>

export type FindingKind = keyof typeof findingKinds

/** Importing a finding of these kinds changes nothing else: it confirms that the object is intended. */
export const keptWhenImported: readonly FindingKind[] = [
  'organization_without_onboarding',
  'organization_of_ended_onboarding',
  'user_of_ended_onboarding',
]

export function describeFindingKind(kind: FindingKind): FindingDescription {
  return findingKinds[kind]
}
