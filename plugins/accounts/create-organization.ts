import { z } from 'zod'
import { insertOrganization } from '../../domain/organizations/organization-tree.ts'
import { deleteEmptyOrganization } from '../../domain/organizations/remove-organization.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { organizationNotEmpty } from './errors.ts'
import { companySchema, typeSchema } from './account-request-schema.ts'
import { requireActive } from './require-active.ts'
import { validateAccount } from './validate-account.ts'

export const createOrganization = defineStep({
  id: 'create-organization',
  version: 1,
  title: 'Create the organization',
  needs: [validateAccount],
  placement: 'transactional',
  input: z.object({ parentId: z.string(), type: typeSchema, company: companySchema }),
  output: z.object({ organizationId: z.string() }),
  undo: 'undo',
  preview: (_, request) => ({ summary: `Create the ${request.type} “${request.company.name}”.` }),

  async execute({ transaction }, input) {
    await requireActive({ transaction }, input.parentId)
    return { output: { organizationId: await insertOrganization(transaction, input) } }
  },

  async compensate({ transaction, runId }, _, { organizationId }) {
    if (await deleteEmptyOrganization(transaction, { id: organizationId, by: runId })) return
    throw stepError(organizationNotEmpty)
  },
})
