import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { expect } from 'vitest'
import { type HistorySummary, summarizeHistory } from './history-summary.ts'

const folder = fileURLToPath(new URL('../histories/', import.meta.url))
const extension = '.json.gz'

/** Reads test/histories. The name of a history is the title of the test that recorded it and the id of its shape. */
export function recordedHistories(): { name: string; history: unknown; summary: HistorySummary }[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(extension))
  return files.map((file) => {
    const history: unknown = JSON.parse(gunzipSync(readFileSync(`${folder}${file}`)).toString())
    return { name: file.slice(0, -extension.length), history, summary: summarizeHistory(history) }
  })
}

/**
 * Records the history of a workflow, and of the runs that it continued, in test/histories. Does nothing unless
 * `RECORD_HISTORIES` is set, nor when both the shape and the workflow type have a history. A recorded history is never
 * overwritten: every later release has to replay it.
 */
export async function recordHistory({ client, workflowId }: WorkflowHandle): Promise<void> {
  if (process.env.RECORD_HISTORIES === undefined) return
  let runId: string | null | undefined
  do {
    const history = await client.getHandle(workflowId, runId ?? undefined).fetchHistory()
    record(JSON.parse(historyToJSON(history), withoutMachine))
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
  } while (runId)
}

function record(history: unknown): void {
  const { type, shapeId } = summarizeHistory(history)
  mkdirSync(folder, { recursive: true })
  const recorded = recordedHistories().map(({ summary }) => summary)
  if (recorded.some((each) => each.shapeId === shapeId) && recorded.some((each) => each.type === type)) return
  const title = (expect.getState().currentTestName ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  writeFileSync(`${folder}${title}-${shapeId}${extension}`, gzipSync(JSON.stringify(history)))
}

/** Leaves out the paths and the process that recorded a history: a replay does not need them. */
function withoutMachine(key: string, value: unknown): unknown {
  return key === 'stackTrace' || key === 'identity' ? undefined : value
}
