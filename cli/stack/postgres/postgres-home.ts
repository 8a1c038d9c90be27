import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { z } from 'zod'
import { StartFailure } from '../failure.ts'
import { binariesIn, findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { mayEnter, postgresUser, type SystemUser } from './postgres-user.ts'

/** The user that runs Postgres, its programs and its data folder. */
export interface PostgresHome {
  user: SystemUser | undefined
  binaries: PostgresBinaries
  /** The folder of the cluster and its password. */
  folder: string
}

/** The folder for programs and data when root starts Postgres as a user that cannot enter the project. */
const sharedFolder = '/var/lib/tenantry'
const pointerName = 'postgres-folder'

/**
 * Normally, programs and data are in the project and Postgres runs as this user. Root cannot run Postgres, so another user
 * does. If that user cannot enter the project (a home folder is often closed to others), programs and data are outside of
 * it, and a file in the data folder names the place.
 * @throws StartFailure when no place works.
 */
export function preparePostgresHome(dataDir: string): PostgresHome {
  mkdirSync(dataDir, { recursive: true })
  const user = postgresUser()
  const binaries = findPostgresBinaries()
  if (user === undefined) return { user, binaries, folder: dataDir }
  openWayTo(dataDir)
  return { user, binaries: reachableBinaries(binaries, user), folder: reachableFolder(dataDir, user) }
}

/** The cluster folder of a data folder. Before the first start, it is the folder that is tried first. */
export function clusterFolder(dataDir: string): string {
  return join(rememberedFolder(dataDir) ?? dataDir, 'postgres')
}

function rememberedFolder(dataDir: string): string | undefined {
  const pointer = join(dataDir, pointerName)
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : undefined
}

/** Lets other users pass through our own folders. The files inside keep their mode. */
function openWayTo(dataDir: string): void {
  const temporary = realpathSync(tmpdir())
  let folder = realpathSync(dataDir)
  do {
    chmodSync(folder, statSync(folder).mode | 0o111)
    folder = dirname(folder)
  } while (folder.startsWith(`${temporary}${sep}`))
}

function reachableFolder(dataDir: string, user: SystemUser): string {
  const remembered = rememberedFolder(dataDir)
  if (remembered !== undefined) return remembered
  if (mayEnter(user, dataDir)) return dataDir
  const folder = join(sharedFolder, `data-${randomBytes(6).toString('hex')}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  requireAccess(user, folder)
  writeFileSync(join(dataDir, pointerName), `${folder}\n`)
  return folder
}

function reachableBinaries(binaries: PostgresBinaries, user: SystemUser): PostgresBinaries {
  if (mayEnter(user, binaries.postgres)) return binaries
  const copy = join(sharedFolder, `postgres-${versionOf(binaries)}`)
  if (!existsSync(copy)) copyWhole(binaries.folder, copy)
  requireAccess(user, binariesIn(copy).postgres)
  return binariesIn(copy)
}

/** Copies a folder and then renames it, so that only a complete copy has the final name. A copy by another start is as good. */
function copyWhole(from: string, to: string): void {
  mkdirSync(sharedFolder, { recursive: true, mode: 0o755 })
  const unfinished = `${to}.${randomBytes(4).toString('hex')}`
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(unfinished, to)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    if (!existsSync(to)) throw error
  }
}

function versionOf(binaries: PostgresBinaries): string {
  const manifest = readFileSync(join(dirname(binaries.folder), 'package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version
}

function requireAccess(user: SystemUser, path: string): void {
  if (mayEnter(user, path)) return
  throw new StartFailure(
    `Postgres cannot run as root, and the user it would run as cannot reach ${path}`,
    'Run as a user other than root, move the project, or set DATABASE_URL',
  )
}
