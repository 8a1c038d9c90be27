import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { readEventsAfter, readProgress, type StoredEvent } from '../../domain/runs/read-runs.ts'
import { closedStatuses } from '../../domain/runs/run-record.ts'
import type { RunFeed } from '../runs/run-feed.ts'

const heartbeat = 15_000

/**
 * Writes an onboarding's events after `sequence` as server-sent events, and those to come, until nothing can come any
 * more, the reader goes away, or the process is about to end.
 */
export async function streamEvents(
  { db, feed }: { db: DatabaseConnection; feed: RunFeed },
  runId: string,
  sequence: number,
  response: ServerResponse,
): Promise<void> {
  const watch = feed.watch(runId)
  let last = sequence
  let quietSince = Date.now()
  try {
    // How long a reader waits before it connects again, in milliseconds.
    await write(response, 'retry: 2000\n\n')
    while (!feed.closing.aborted && !response.destroyed) {
      // The status is read first: if it is final, the events that follow are all there are.
      const { status } = await readProgress(db, runId)
      const events = await readEventsAfter(db, runId, last)
      for (const event of events) await write(response, format(event))
      last = events.at(-1)?.sequence ?? last
      if (closedStatuses.includes(status)) return
      if (events.length > 0) quietSince = Date.now()
      if (Date.now() - quietSince >= heartbeat) {
        await write(response, ': still here\n\n')
        quietSince = Date.now()
      }
      await watch.next(heartbeat)
    }
  } finally {
    watch.stop()
  }
}

function format({ sequence, type, data, createdAt }: StoredEvent): string {
  return `id: ${sequence}\nevent: ${type}\ndata: ${JSON.stringify({ ...data, at: createdAt.toISOString() })}\n\n`
}

/** Waits for a slow reader instead of filling memory. */
async function write(response: ServerResponse, chunk: string): Promise<void> {
  if (response.destroyed || response.write(chunk)) return
  await Promise.race([once(response, 'drain'), once(response, 'close')]).catch(() => undefined)
}
