import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { workflowBundle } from '../../activities/workflow-bundle.ts'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { type ServerAddresses, startServers } from './servers.ts'

declare module 'vitest' {
  interface ProvidedContext extends ServerAddresses {
    bundlePath: string
  }
}

/** Starts one Temporal and one Postgres for the test run. Each test file has its own database and task queue. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cacheDir = join(projectRoot, '.cache')
  const [{ addresses, stop }, bundlePath] = await Promise.all([
    startServers(cacheDir),
    workflowBundle(cacheDir),
  ])
  provideServers(project, addresses)
  project.provide('bundlePath', bundlePath)
  return stop
}

export function provideServers(project: TestProject, addresses: ServerAddresses): void {
  for (const name of Object.keys(addresses) as (keyof ServerAddresses)[])
    project.provide(name, addresses[name])
}
