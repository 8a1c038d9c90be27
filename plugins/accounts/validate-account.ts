import { z } from 'zod'
import {
  hierarchyTooDeep,
  parentNotActive,
  parentTypeNotAllowed,
} from '../../domain/organizations/organization-errors.ts'
import { depthOf, findPlace, maximumDepth } from '../../domain/organizations/organization-tree.ts'
import { mayHold, parentsFor } from '../../domain/organizations/organization-types.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { parentNotFound } from './errors.ts'
import { typeSchema } from './account-request-schema.ts'

/** Checks again that the parent can have the account, because the parent can change after the request was accepted. */
export const validateAccount = defineStep({
  id: 'validate-account',
  version: 1,
  title: 'Validate the account',
  needs: [],
  placement: 'transactional',
  input: z.object({ parentId: z.string(), type: typeSchema }),
  output: z.object({}),
  undo: 'keep',
  readOnly: true,
  preview: (_, request) => ({ summary: `Check that the parent can have a new ${request.type}.` }),

  async execute({ transaction }, { parentId, type }) {
    const parent = await findPlace(transaction, parentId)
    if (parent === undefined) throw stepError(parentNotFound)
    if (parent.status !== 'active')
      throw stepError(parentNotActive, { parameters: { status: parent.status } })
    if (!mayHold(parent.type, type)) {
      const allowed = parentsFor(type).join(' or ')
      throw stepError(parentTypeNotAllowed, { parameters: { type, allowed, parentType: parent.type } })
    }
    if (depthOf(parent.path) >= maximumDepth)
      throw stepError(hierarchyTooDeep, { parameters: { maximum: maximumDepth } })
    return { output: {} }
  },
})
