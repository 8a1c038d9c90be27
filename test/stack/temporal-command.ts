import { execa } from 'execa'
import { expect, inject } from 'vitest'

/** Runs the `temporal` command on the Temporal of the test run. @throws Error with its output when it fails. */
export async function temporalCommand(args: string[]): Promise<void> {
  const command = [...args, '--address', inject('temporalAddress')]
  await execa(inject('temporalCliPath'), command, { timeout: 20_000 })
}

/** Makes one build of a worker deployment current, as soon as Temporal knows the build. */
export async function makeCurrent(deploymentName: string, buildId: string): Promise<void> {
  const version = ['--deployment-name', deploymentName, '--build-id', buildId]
  const set = () => temporalCommand(['worker', 'deployment', 'set-current-version', ...version, '--yes'])
  await expect.poll(set, { timeout: 30_000 }).toBeUndefined()
}
