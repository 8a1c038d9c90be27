import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ExternalProgram } from './external-program.ts'

/** The result of a download: the file, or the reason for the failure in plain words. */
export type Download = { file: string } | { reason: string }

export type Installation = { installed: true; path: string } | { installed: false; reason: string }

export function cachedProgram(program: ExternalProgram, cacheDir: string): string | undefined {
  const path = cachePath(program, cacheDir)
  return existsSync(path) ? path : undefined
}

/**
 * Downloads into a temporary folder, then moves the file to its place in one step. Two processes may do this at the same
 * time, and a killed one leaves no half-written file under the final name.
 */
export async function installIntoCache(
  program: ExternalProgram,
  cacheDir: string,
  fetch: (folder: string) => Promise<Download>,
): Promise<Installation> {
  mkdirSync(cacheDir, { recursive: true })
  const folder = mkdtempSync(join(cacheDir, 'download-'))
  try {
    const download = await fetch(folder)
    if ('reason' in download) return { installed: false, reason: download.reason }
    chmodSync(download.file, 0o755)
    const path = cachePath(program, cacheDir)
    renameSync(download.file, path)
    return { installed: true, path }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function cachePath(program: ExternalProgram, cacheDir: string): string {
  const extension = process.platform === 'win32' ? '.exe' : ''
  return join(cacheDir, `${program.executable}-${program.version}${extension}`)
}
