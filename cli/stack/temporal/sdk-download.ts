import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { ExternalProgram } from './external-program.ts'
import { lastLine } from '../processes/last-line.ts'
import type { Download } from './program-cache.ts'

const host = 'https://temporal.download'
const answerTimeoutMs = 5_000
const downloadTimeoutMs = 180_000

/**
 * Downloads the program through the Temporal SDK, in the version that fits the SDK. The download runs in a process of its
 * own, because the SDK's download has no time limit and cannot be cancelled.
 */
export async function downloadWithSdk(
  program: ExternalProgram,
  folder: string,
  signal?: AbortSignal,
): Promise<Download> {
  if (!(await answers())) return { reason: `${host} gave no answer` }
  const script = fileURLToPath(new URL('sdk-download-process.ts', import.meta.url))
  const result = await execa(process.execPath, [script, program.sdkServer, folder], {
    timeout: downloadTimeoutMs,
    ...(signal && { cancelSignal: signal }),
    reject: false,
  })
  const name = readdirSync(folder).find((file) => file.startsWith(`${program.executable}-`))
  if (!result.failed && name !== undefined) return { file: join(folder, name) }
  const problem = result.timedOut ? 'took too long' : `failed: ${lastLine(result.stderr)}`
  return { reason: `the download from ${host} ${problem}` }
}

async function answers(): Promise<boolean> {
  try {
    await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(answerTimeoutMs) })
    return true
  } catch {
    return false
  }
}
