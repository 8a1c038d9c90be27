import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Support } from '../clients/support.ts'

const patience = 240_000
const mostPasses = 12

/**
 * Has people decide on all that is stuck, and what they decided carried out, until there is nothing more that they would
 * do. What is left then is judged as it is.
 * @throws Error when something stays under way.
 */
export async function untilAllClosed(db: DatabaseConnection, support: Support): Promise<void> {
  let idle = 0
  // A decision shows a moment after it is taken, so one look at nothing is not enough.
  for (let pass = 0; pass < mostPasses && idle < 2; pass++) {
    await untilNothingIsUnderWay(db)
    idle = (await support.decide()) === 0 ? idle + 1 : 0
  }
  await untilNothingIsUnderWay(db)
}

async function untilNothingIsUnderWay(db: DatabaseConnection): Promise<void> {
  let left: string[] = []
  const nothing = async () => {
    left = await underWay(db)
    return left.length === 0
  }
  const gaveUp = () => new Error(`These never closed: ${left.join(', ')}.`)
  await waitUntil(nothing, { withinMs: patience, pauseMs: 250, gaveUp })
}

async function underWay(db: DatabaseConnection): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'status'])
    .where('status', 'in', ['accepted', 'running', 'cancelling'])
    .execute()
  return rows.map(({ id, status }) => `${id} (${status})`)
}
