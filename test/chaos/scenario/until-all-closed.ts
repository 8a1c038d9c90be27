import { sql } from 'kysely'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Support } from '../clients/support.ts'

const closeMs = 240_000
const maximumPasses = 12

/**
 * Lets support decide on stuck runs until no run is in progress and support takes no more decisions. Runs that support
 * leaves stuck stay stuck.
 * @throws Error when a run stays in progress.
 */
export async function untilAllClosed(db: DatabaseConnection, support: Support): Promise<void> {
  let idle = 0
  // A run shows a decision a moment after it is accepted, so one pass without decisions is not enough.
  for (let pass = 0; pass < maximumPasses && idle < 2; pass++) {
    await untilNoneInProgress(db)
    idle = (await support.decide()) === 0 ? idle + 1 : 0
  }
  await untilNoneInProgress(db)
}

async function untilNoneInProgress(db: DatabaseConnection): Promise<void> {
  let open: string[] = []
  const none = async () => {
    open = await runsInProgress(db)
    return open.length === 0
  }
  const gaveUp = () => new Error(`These runs did not close: ${open.join(', ')}.`)
  await waitUntil(none, { withinMs: closeMs, pauseMs: 250, gaveUp })
}

async function runsInProgress(db: DatabaseConnection): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'status'])
    .where((eb) =>
      eb.or([
        eb('status', 'in', ['accepted', 'running', 'cancelling']),
        // The run has not acted on a new decision yet. A decision whose answer was lost may stay like this.
        eb.exists(
          eb
            .selectFrom('decisions')
            .select('decisions.id')
            .whereRef('run_id', '=', 'runs.id')
            .where('taken_at', 'is', null)
            .where('refusal', 'is', null)
            .where('decided_at', '>', sql<Date>`now() - interval '30 seconds'`),
        ),
      ]),
    )
    .execute()
  return rows.map(({ id, status }) => `${id} (${status})`)
}
