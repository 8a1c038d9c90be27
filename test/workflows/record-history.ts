import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { expect } from 'vitest'
import { readStory, type Story } from './story.ts'

const folder = fileURLToPath(new URL('../histories/', import.meta.url))
const extension = '.json.gz'

/** The histories that are kept, each under the name of the test that was its first, and the id of its shape. */
export function keptHistories(): { name: string; history: unknown; story: Story }[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(extension))
  return files.map((file) => {
    const history: unknown = JSON.parse(gunzipSync(readFileSync(`${folder}${file}`)).toString())
    return { name: file.slice(0, -extension.length), history, story: readStory(history) }
  })
}

/**
 * With `RECORD_HISTORIES` set, keeps the history of the workflow, and of the runs that it continued, when there is none of its
 * shape or of its type. What was kept is never written again: it must replay for ever.
 */
export async function recordHistory({ client, workflowId }: WorkflowHandle): Promise<void> {
  if (process.env.RECORD_HISTORIES === undefined) return
  let runId: string | null | undefined
  do {
    const history = await client.getHandle(workflowId, runId ?? undefined).fetchHistory()
    keep(JSON.parse(historyToJSON(history), withoutMachine))
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
  } while (runId)
}

function keep(history: unknown): void {
  const { type, shapeId } = readStory(history)
  mkdirSync(folder, { recursive: true })
  const kept = keptHistories().map((each) => each.story)
  if (kept.some((each) => each.shapeId === shapeId) && kept.some((each) => each.type === type)) return
  const title = (expect.getState().currentTestName ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  writeFileSync(`${folder}${title}-${shapeId}${extension}`, gzipSync(JSON.stringify(history)))
}

/** Replaying needs neither where the code lay nor who ran it. */
function withoutMachine(key: string, value: unknown): unknown {
  return key === 'stackTrace' || key === 'identity' ? undefined : value
}
