import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { StartFailure } from '../failure.ts'
import { lastLine } from '../processes/last-line.ts'
import type { PostgresHome } from './postgres-home.ts'
import { keptSecret } from '../secrets.ts'

export const databaseUser = 'tenantry'

export interface Cluster {
  folder: string
  password: string
}

/**
 * The cluster of this home, created at the first call. It is created under another name first, so that a killed start
 * never leaves a half-made cluster.
 */
export function prepareCluster(home: PostgresHome): Cluster {
  const folder = join(home.folder, 'postgres')
  const password = keptSecret(join(home.folder, 'postgres-password')).value
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    const unfinished = `${folder}.new`
    rmSync(unfinished, { recursive: true, force: true })
    createCluster(home, unfinished, password)
    renameSync(unfinished, folder)
  }
  return { folder, password }
}

function createCluster(home: PostgresHome, folder: string, password: string): void {
  mkdirSync(folder, { mode: 0o700 })
  const passwordFile = `${folder}.password`
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (home.user !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, home.user.uid, home.user.gid)
  // The built-in locale provider sorts and compares the same on every machine.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--auth=scram-sha-256', `--username=${databaseUser}`, `--pwfile=${passwordFile}`]
  const result = execaSync(home.binaries.initdb, [`--pgdata=${folder}`, ...access, ...locale], {
    ...home.user,
    cwd: home.folder,
    reject: false,
  })
  rmSync(passwordFile, { force: true })
  if (!result.failed) return
  const reason = result.originalMessage ?? lastLine(result.stderr)
  throw new StartFailure(
    `The embedded Postgres could not be set up: ${reason}`,
    'Correct the cause, or set DATABASE_URL to your own Postgres',
  )
}
