import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Fault } from './fault.ts'

const patience = 60_000

/** It stays away until the API has noticed. Who was held at a provider has an outcome and nowhere to write it. */
export const killPostgres: Fault = async ({ system, recorder }) => {
  await system.postgres.kill()
  recorder.release()
  const noticed = async () => !(await fetch(`${system.origin}/health/ready`)).ok
  await waitUntil(noticed, {
    withinMs: patience,
    gaveUp: () => new Error('The API stayed ready without a database.'),
  })
  await system.postgres.restart()
}
