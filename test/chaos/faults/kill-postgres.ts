import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { ProcessFault } from './process-fault.ts'

const noticeMs = 60_000

/**
 * Kills Postgres and restarts it when the API reports that it is not ready. The held call is answered in between, so its
 * step has an outcome that it cannot record.
 */
export const killPostgres: ProcessFault = async ({ system, recorder }) => {
  await system.postgres.kill()
  recorder.release()
  const noticed = async () => !(await fetch(`${system.origin}/health/ready`)).ok
  await waitUntil(noticed, {
    withinMs: noticeMs,
    gaveUp: () => new Error('The API stayed ready without a database.'),
  })
  await system.postgres.restart()
}
