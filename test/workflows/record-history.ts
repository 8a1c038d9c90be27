import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { expect } from 'vitest'

export const historiesFolder = fileURLToPath(new URL('../histories/', import.meta.url))

/**
 * With `RECORD_HISTORIES` set, keeps the history of the run under the test's name, unless there is one already: what was
 * recorded once must replay for ever.
 * @param part names a further run of the same test.
 */
export async function recordHistory(handle: WorkflowHandle, part = ''): Promise<void> {
  if (process.env.RECORD_HISTORIES === undefined) return
  const title = `${expect.getState().currentTestName ?? 'unnamed'} ${part}`.trim()
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const path = `${historiesFolder}${name}.json`
  if (existsSync(path)) return
  await mkdir(historiesFolder, { recursive: true })
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()), withoutMachine)
  await writeFile(path, `${JSON.stringify(history, undefined, 1)}\n`)
}

/** Replaying needs neither where the code lay nor who ran it. */
function withoutMachine(key: string, value: unknown): unknown {
  return key === 'stackTrace' || key === 'identity' ? undefined : value
}
