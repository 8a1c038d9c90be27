import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { readEventsAfter, readProgress, type StoredEvent } from '../../domain/runs/read-runs.ts'
import { closedStatuses } from '../../domain/runs/run-record.ts'
import type { RunFeed } from '../runs/run-feed.ts'

/** Milliseconds without an event, after which a comment line keeps the connection open. */
const heartbeat = 15_000

/**
 * Writes the events of a run as server-sent events: first the stored ones, then new ones as they are stored. Returns when the run
 * is closed and all of its events are written, when the client disconnects, or when the process shuts down.
 * @param from `sequence` is that of the last event that the client has; 0 for none. `authenticate` is called before each event,
 * and at least every two seconds.
 * @throws the error of `authenticate`, when the client may not see the run any more.
 */
export async function streamEvents(
  { db, feed }: { db: DatabaseConnection; feed: RunFeed },
  runId: string,
  { sequence, authenticate }: { sequence: number; authenticate(): Promise<unknown> },
  response: ServerResponse,
): Promise<void> {
  const watch = feed.watch(runId)
  let lastSequence = sequence
  let lastWriteAt = Date.now()
  try {
    // The milliseconds after which a client connects again.
    await write(response, 'retry: 2000\n\n')
    while (!feed.closing.aborted && !response.destroyed) {
      // The status is read before the events: the events of a closed run are complete.
      const { status } = await readProgress(db, runId)
      const events = await readEventsAfter(db, runId, lastSequence)
      await authenticate()
      for (const event of events) {
        await write(response, format(event))
        // A slow client may have taken a while to read it.
        await authenticate()
      }
      lastSequence = events.at(-1)?.sequence ?? lastSequence
      if (closedStatuses.includes(status)) return
      if (events.length > 0) lastWriteAt = Date.now()
      if (Date.now() - lastWriteAt >= heartbeat) {
        await write(response, ': heartbeat\n\n')
        lastWriteAt = Date.now()
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

/** Writes a chunk. Waits for a slow client to read, so that chunks do not fill the memory. */
async function write(response: ServerResponse, chunk: string): Promise<void> {
  if (response.destroyed || response.write(chunk)) return
  await Promise.race([once(response, 'drain'), once(response, 'close')]).catch(() => undefined)
}
