import { sql } from 'kysely'
import { waitUntil } from '../../cli/stack/wait-until.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { startWorkers } from '../system/system.ts'
import type { Fault } from './fault.ts'

const patience = 120_000

/**
 * Freezes the workers in the middle of a call until others have taken over, and wakes them with the answer that they
 * waited for. They end in good order, once they have tried to do something with it.
 */
export const freezeWorker: Fault = async ({ system, recorder, held }) => {
  const before = await attemptsAt(system.db, held)
  const zombies = system.workers.splice(0)
  for (const zombie of zombies) zombie.freeze()
  await startWorkers(system)
  const takenOver = async () => (await attemptsAt(system.db, held)) > before
  const gaveUp = () => new Error(`No other worker took ${held} over.`)
  await waitUntil(takenOver, { withinMs: patience, pauseMs: 200, gaveUp })
  recorder.release()
  for (const zombie of zombies) zombie.thaw()
  await Promise.all(zombies.map((zombie) => zombie.stop()))
}

/** How often those steps of a request were tried that call somebody else. */
async function attemptsAt(db: DatabaseConnection, name: string | undefined): Promise<number> {
  const { attempts } = await db
    .selectFrom('step_runs')
    .innerJoin('onboardings', 'onboardings.id', 'step_runs.onboarding_id')
    .where(sql`request #>> '{company,name}'`, '=', name ?? '')
    .where('step_id', 'in', ['start-billing', 'notify-user'])
    .select(({ fn }) => fn.sum<string | null>('attempts').as('attempts'))
    .executeTakeFirstOrThrow()
  return Number(attempts)
}
