import { sql } from 'kysely'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { startWorkers } from '../system/system.ts'
import type { Fault } from './fault.ts'

const patience = 240_000

/**
 * Freezes the workers in the middle of a call until others have taken over, and wakes them with the answer that they
 * waited for. They end in good order, once they have tried to do something with it.
 */
export const freezeWorker: Fault = async ({ system, recorder, held }) => {
  const before = await stateOf(system.db, held)
  const zombies = system.workers.splice(0)
  for (const zombie of zombies) zombie.freeze()
  await startWorkers(system)
  const takenOver = async () => (await stateOf(system.db, held)) !== before
  const gaveUp = () => new Error(`No other worker took ${held} over.`)
  await waitUntil(takenOver, { withinMs: patience, pauseMs: 200, gaveUp })
  recorder.release()
  for (const zombie of zombies) zombie.thaw()
  await Promise.all(zombies.map((zombie) => zombie.stop()))
}

/** How far those steps of a request are that call somebody else: another attempt, or waiting for a person, is a change. */
async function stateOf(db: DatabaseConnection, name: string | undefined): Promise<string> {
  const steps = await db
    .selectFrom('step_runs')
    .innerJoin('runs', 'runs.id', 'step_runs.run_id')
    .where(sql`request #>> '{company,name}'`, '=', name ?? '')
    .where('step_id', 'in', ['start-billing', 'notify-user'])
    .select(['step_id', 'attempts', 'step_runs.status'])
    .orderBy('step_id')
    .execute()
  return JSON.stringify(steps)
}
