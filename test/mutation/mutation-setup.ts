import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { workflowBundle } from '../../activities/workflow-bundle.ts'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { provideServers } from '../stack/global-setup.ts'
import { serversVariable } from './places.ts'

/**
 * Workflow code runs in a sandbox with its own globals. Stryker's global `__stryker__`, which names the active mutant and
 * counts the covered code, has to be the same object in the sandbox. It is defined on the prototype because the SDK freezes
 * the sandbox's global object, and it is read through a constructor from outside the sandbox.
 */
const sharedSwitch = `Object.defineProperty(Object.prototype, '__stryker__', {
  get: () => (URL.constructor('return globalThis')().__stryker__ ??= {}),
});
`

/** Uses the servers that `mutation.ts` started, because Stryker starts many test processes. */
export default async function setup(project: TestProject): Promise<void> {
  const servers = process.env[serversVariable]
  if (servers === undefined) throw new Error('Mutation tests are run by `npm run mutation`.')
  provideServers(project, JSON.parse(servers))
  const bundle = await workflowBundle(join(projectRoot, '.cache'))
  const bundlePath = `${bundle}.switched.js`
  await writeFile(bundlePath, sharedSwitch + (await readFile(bundle, 'utf8')))
  project.provide('bundlePath', bundlePath)
}
