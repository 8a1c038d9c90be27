import { z } from 'zod'
import type { Configure } from '../../../configuration.ts'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, type Plugin, StepError } from '../../../plugins/plugin-contract.ts'
import gated from './gated.config.ts'
import { withGates } from './gates.ts'

/** A configuration with one of three releases of a plug-in. `TEST_RELEASE` names the release. */
const releases: Configure = (surroundings) => {
  const { TEST_RELEASE: release = '', TEST_GATE_URL: gateUrl = '' } = surroundings.variables
  const configuration = gated(surroundings)
  const crm = plugins[release]
  if (crm === undefined) throw new Error(`There is no release "${release}".`)
  return { ...configuration, plugins: [...configuration.plugins, ...withGates([crm], gateUrl)] }
}

export default releases

/** A step whose output names its version. It is stuck for a company named `stuck at <step>` until the first retry. */
function step(id: string, version = 1) {
  return defineStep({
    id,
    version,
    title: id,
    needs: [createOrganization],
    placement: 'external',
    input: z.object({ company: z.object({ name: z.string() }) }),
    output: z.object({ ranBy: z.string() }),
    undo: 'keep',
    // A step with a timeout this long is not inline: it is an activity, which another worker continues after a kill.
    timeout: 60_000,
    retry: { maximumAttempts: 4, initialInterval: 200, maximumInterval: 200 },
    preview: () => ({ summary: `${id}, version ${version}` }),
    lookup: async () => ({ outcome: 'absent' }),
    async execute({ retries }, { company }) {
      if (company.name !== `stuck at ${id}` || retries > 0) return { output: { ranBy: `version ${version}` } }
      throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Ask again.' })
    },
  })
}

const first = [step('register-in-crm'), step('audit')]
const second = [step('register-in-crm', 2), step('announce')]

const plugins: Record<string, Plugin> = {
  one: definePlugin({ name: 'crm', steps: first }),
  // One step has a new version, one is removed, and one is added.
  two: definePlugin({ name: 'crm', steps: second }),
  three: definePlugin({ name: 'crm', steps: second, retired: first }),
}
