import { z } from 'zod'
import type { Configure } from '../../configuration.ts'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { createUser } from '../../plugins/accounts/create-user.ts'
import { startBilling } from '../../plugins/accounts/start-billing.ts'
import { definePlugin, defineStep, type RunKind, type StepReference } from '../../plugins/plugin-contract.ts'
import configure from '../../temporal.config.ts'

/** A configuration with steps whose inputs are not exact: a name with two meanings, or a field that no run has. */
const inexact: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  return { ...configuration, plugins: [...configuration.plugins, crm] }
}

export default inexact

const crmOutput = z.object({ organizationId: z.string() })
const crmAccount = step('crm-account', { output: crmOutput })
const late = step('late', { output: z.object({ crmId: z.string() }) })

const crm = definePlugin({
  name: 'crm',
  steps: [
    crmAccount,
    late,
    step('renames-plan', { output: z.object({ plan: z.string(), parentId: z.string() }) }),
    step('two-organizations', { needs: [createOrganization, crmAccount] }),
    step('two-billings', { needs: [startBilling], reads: [subscription()], after: ['subscription'] }),
    subscription(),
    step('unordered', { reads: [late] }),
    step('wishful', {
      input: z.object({
        organizationId: z.string(),
        taxNumber: z.string(),
        company: z.object({ name: z.number(), registry: z.string(), notes: z.string().optional() }),
      }),
    }),
    step('early', { reads: [late], before: ['late'], input: z.object({ crmId: z.string() }) }),
    step('forgotten', { reads: [step('ghost', {}), { ...createUser, version: 3 }], after: ['create-user'] }),
    step('renames-organization', { operation: 'add-user', output: crmOutput }),
  ],
})

function subscription() {
  return step('subscription', { output: z.object({ subscriptionExternalId: z.string() }) })
}

function step(
  id: string,
  {
    input = z.object({}),
    output = z.object({}),
    ...more
  }: {
    operation?: RunKind
    needs?: StepReference[]
    reads?: StepReference[]
    after?: string[]
    before?: string[]
    input?: z.ZodObject
    output?: z.ZodObject<Record<string, z.ZodString>>
  },
) {
  return defineStep({
    ...more,
    id,
    version: 1,
    title: id,
    placement: 'transactional',
    input,
    output,
    undo: 'keep',
    preview: () => ({ summary: id }),
    execute: () => Promise.reject(new Error('It is never run.')),
  })
}
