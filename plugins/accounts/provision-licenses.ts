import { z } from 'zod'
import { licensesInUse } from '../../domain/licenses/license-errors.ts'
import { deleteLicensePool, openLicensePool } from '../../domain/licenses/license-pools.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { createOrganization } from './create-organization.ts'
import { planSchema } from './account-request-schema.ts'
import { refuseRemoval } from './refuse-removal.ts'
import { requireActive } from './require-active.ts'
import { startBilling } from './start-billing.ts'

/** Creates the license pool of the account: the licenses of a trial, or the optional limit of a purchased plan. */
export const provisionLicenses = defineStep({
  id: 'provision-licenses',
  version: 1,
  title: 'Provision licenses',
  needs: [createOrganization, startBilling],
  placement: 'transactional',
  input: z.object({ plan: planSchema }),
  output: z.object({ allocated: z.int().nullable() }),
  undo: 'undo',
  preview: (_, { plan }) => ({
    summary:
      plan?.licenses === undefined
        ? 'Open a license pool without an upper limit.'
        : `Allocate ${plan.licenses} ${plan.licenses === 1 ? 'license' : 'licenses'}.`,
  }),

  async execute({ transaction }, { organizationId, plan }) {
    await requireActive({ transaction }, organizationId)
    const allocated = plan.licenses ?? null
    await openLicensePool(transaction, { organizationId, allocated })
    return { output: { allocated } }
  },

  async compensate({ transaction }, { organizationId, subscriptionExternalId }) {
    await refuseRemoval({ transaction }, organizationId, subscriptionExternalId)
    if (await deleteLicensePool(transaction, organizationId)) return
    throw stepError(licensesInUse)
  },
})
