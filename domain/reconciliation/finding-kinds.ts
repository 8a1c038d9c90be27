/** A kind of finding, in words for people: what does not fit together, and the ways out. */
interface KindInWords {
  means: string
  /** What `import` does; left out where nothing can be imported. */
  import?: string
  /** What `delete` does; left out where nothing is to be deleted. */
  delete?: string
  /** What else a person can do, or the only thing. */
  otherwise?: string
}

/** All that reconciling the state of things can find. The names are stable. */
export const findingKinds = {
  subscription_unknown_here: {
    means: 'The provider bills a subscription with our mark that is on no account here.',
    import: 'puts it on the account whose id it carries, if nothing else bills that account',
    delete: 'ends it at the provider',
  },
  subscription_still_open: {
    means: 'The provider goes on billing a subscription that has ended here.',
    delete: 'ends it at the provider',
  },
  subscription_missing_at_provider: {
    means: 'The provider does not know the subscription by which the account is billed: nobody bills it.',
    delete: 'suspends the account without asking the provider; restoring it subscribes it anew',
    otherwise: 'import another subscription that the provider has of the account, if one is listed',
  },
  subscription_ended_at_provider: {
    means: 'The provider has ended the subscription by which the account is billed: nobody bills it.',
    delete: 'suspends the account without asking the provider; restoring it subscribes it anew',
    otherwise: 'import another subscription that the provider has of the account, if one is listed',
  },
  organization_without_onboarding: {
    means: 'There is an organization that no onboarding has added.',
    import: 'keeps it, and lists it no more',
    delete: 'removes it, if nothing is below it',
  },
  organization_of_ended_onboarding: {
    means: 'There is an organization whose onboarding was cancelled or refused.',
    import: 'keeps it, and lists it no more',
    delete: 'removes it, or closes it where others refer to it, if nothing is below it',
  },
  plan_missing: {
    means: 'The account was added with a plan, and has none.',
    import: 'gives it the subscription that its onboarding opened, if the provider still bills it',
  },
  license_pool_missing: {
    means: 'The account is billed for licenses, and has no pool of them.',
    import: 'opens the pool with the licenses of the plan',
  },
  licenses_over_limit: {
    means: 'More devices hold a license of the account than it has.',
    otherwise: 'remove devices, or raise the number of licenses with PUT …/plan',
  },
  license_of_removed_device: {
    means: 'A device that was removed still holds a license, and is billed.',
    delete: 'frees the license, from when the device was removed',
  },
  device_without_license: {
    means: 'There is a device that holds no license, and is not billed.',
    delete: 'removes the device; adding it again takes a license',
  },
  user_of_ended_onboarding: {
    means: 'There is a user whose onboarding was cancelled or refused.',
    import: 'keeps the user, and lists it no more',
    delete: 'removes the user, with password and sessions',
  },
  run_without_workflow: {
    means: 'The run has not ended here, and no workflow carries it out.',
    import:
      'starts its workflow again; what is done does not run again, what is stuck waits, and a cancelled run is undone further',
  },
  run_out_of_step: {
    means: 'The workflow of the run waits for a person at a step at which the run is not stuck here.',
    import:
      'ends the workflow and starts it again from what is done here; steps that are done do not run again, and a cancelled run goes on being undone',
  },
  workflow_without_run: {
    means: 'A workflow is open whose run has ended here, or is not on record.',
    delete: 'terminates the workflow; it undoes nothing',
  },
} as const satisfies Record<string, KindInWords>

export type FindingKind = keyof typeof findingKinds

/** Importing one of these mends nothing: it says that what was found is meant to be. */
export const keptWhenImported: readonly FindingKind[] = [
  'organization_without_onboarding',
  'organization_of_ended_onboarding',
  'user_of_ended_onboarding',
]

export function inWords(kind: FindingKind): KindInWords {
  return findingKinds[kind]
}
