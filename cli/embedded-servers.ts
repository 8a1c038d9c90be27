import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { databaseUser } from './stack/postgres-cluster.ts'
import { preparePostgresHome } from './stack/postgres-home.ts'
import { StartFailure } from './stack/failure.ts'

const ports = z.object({ postgres: z.number() })

/**
 * Where the database that `npm start` brought up in this data folder can be reached, while it runs.
 * @throws StartFailure when nothing was started there yet.
 */
export function embeddedDatabaseUrl(dataDir: string): string {
  try {
    const { postgres } = ports.parse(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')))
    const password = readFileSync(
      join(preparePostgresHome(dataDir).folder, 'postgres-password'),
      'utf8',
    ).trim()
    return `postgres://${databaseUser}:${password}@127.0.0.1:${postgres}/tenantry`
  } catch {
    throw new StartFailure('There is no database', 'Run `npm start` and keep it running, or set DATABASE_URL')
  }
}
