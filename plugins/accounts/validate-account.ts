import { z } from 'zod'
import { depthOf, findPlace, maximumDepth } from '../../domain/organizations/organization-tree.ts'
import { mayHold, parentsFor } from '../../domain/organizations/organization-types.ts'
import { defineStep, StepError } from '../plugin-contract.ts'
import { typeSchema } from './account-request-schema.ts'

/** Looks again, when the run starts, at what may have changed since the request was accepted. Refuses; never repairs. */
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
  preview: (_, request) => ({ summary: `Check that a ${request.type} may be added here.` }),

  async execute({ transaction }, { parentId, type }) {
    const parent = await findPlace(transaction, parentId)
    if (parent === undefined)
      throw refusal('parent_not_found', 'The parent organization does not exist any more.')
    if (parent.status !== 'active')
      throw refusal('parent_not_active', `The parent organization is ${parent.status}.`)
    if (!mayHold(parent.type, type)) {
      const allowed = parentsFor(type).join(' or ')
      throw refusal(
        'parent_type_not_allowed',
        `A ${type} goes under a ${allowed}, not under a ${parent.type}.`,
      )
    }
    if (depthOf(parent.path) >= maximumDepth) {
      throw refusal('hierarchy_too_deep', `Organizations nest at most ${maximumDepth} deep.`)
    }
    return { output: {} }
  },
})

function refusal(code: string, message: string): StepError {
  return new StepError({
    class: 'terminal',
    code,
    message,
    nextAction: 'Nothing was created. Put that right, or choose another parent, and send a new request.',
  })
}
