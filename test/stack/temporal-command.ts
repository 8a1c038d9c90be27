import { execa } from 'execa'
import { expect, inject } from 'vitest'

/** Runs the `temporal` command, as a person does. @throws Error with what it says when it fails. */
export async function temporalCommand(args: string[]): Promise<void> {
  const command = [...args, '--address', inject('temporalAddress')]
  await execa(inject('temporalCliPath'), command, { timeout: 20_000 })
}

/** Gives what there is to do to one build of a worker deployment, which Temporal knows a moment after its worker polls. */
export async function makeCurrent(deploymentName: string, buildId: string): Promise<void> {
  const version = ['--deployment-name', deploymentName, '--build-id', buildId]
  const set = () => temporalCommand(['worker', 'deployment', 'set-current-version', ...version, '--yes'])
  await expect.poll(set, { timeout: 30_000 }).toBeUndefined()
}
