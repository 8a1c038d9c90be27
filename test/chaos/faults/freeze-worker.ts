import { sql } from 'kysely'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { startWorkers } from '../system/system.ts'
import type { ProcessFault } from './process-fault.ts'

const takeoverMs = 240_000

/**
 * Freezes the workers during a call until new workers have taken over the step. Then the recorder answers the held call
 * and the frozen workers are thawed, so they try to record an outcome for an attempt that Temporal has given up on.
 */
export const freezeWorker: ProcessFault = async ({ system, recorder, held }) => {
  const before = await providerSteps(system.db, held)
  const frozen = system.workers.splice(0)
  for (const worker of frozen) worker.freeze()
  await startWorkers(system)
  const takenOver = async () => (await providerSteps(system.db, held)) !== before
  const gaveUp = () => new Error(`No other worker took ${held} over.`)
  await waitUntil(takenOver, { withinMs: takeoverMs, pauseMs: 200, gaveUp })
  recorder.release()
  for (const worker of frozen) worker.thaw()
  await Promise.all(frozen.map((worker) => worker.stop()))
}

/** @returns the attempts and statuses of the steps that call a provider, as text. A takeover changes it. */
async function providerSteps(db: DatabaseConnection, requestName: string | undefined): Promise<string> {
  const steps = await db
    .selectFrom('step_runs')
    .innerJoin('runs', 'runs.id', 'step_runs.run_id')
    .where(sql`request #>> '{company,name}'`, '=', requestName ?? '')
    .where('step_id', 'in', ['start-billing', 'notify-user'])
    .select(['step_id', 'attempts', 'step_runs.status'])
    .orderBy('step_id')
    .execute()
  return JSON.stringify(steps)
}
