import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunProgress } from '../../domain/runs/run-events.ts'
import { readProgress } from '../../domain/runs/read-runs.ts'
import { authenticate } from '../access/api-key.ts'
import type { RunFeed } from './run-feed.ts'

/**
 * Waits until a condition holds for a run, the time is up, or the process shuts down.
 * @param options `known` is the present progress of the run. Default: it is read from the database. `authenticate` is called when
 * the run has changed, every two seconds, and at the end.
 * @throws the error of `authenticate`, when the caller may not see the run any more.
 */
export async function waitForRun(
  { db, feed }: { db: DatabaseConnection; feed: RunFeed },
  runId: string,
  options: {
    milliseconds: number
    until(progress: RunProgress): boolean
    known?: RunProgress | undefined
    authenticate(): Promise<unknown>
  },
): Promise<void> {
  const deadline = Date.now() + options.milliseconds
  // Watching begins before the first read, so that no change is missed.
  const watch = feed.watch(runId)
  try {
    let progress = options.known ?? (await readProgress(db, runId))
    while (!feed.closing.aborted && !options.until(progress)) {
      const remaining = deadline - Date.now()
      if (remaining <= 0) return
      progress = (await watch.next(remaining)) ?? (await readProgress(db, runId))
      await options.authenticate()
    }
  } finally {
    watch.stop()
  }
}

/** The longest wait of a request, in seconds. */
const longestWait = 60

/**
 * Waits until a run is closed or stuck, if the request has a header `Prefer: wait=N` (RFC 7240), for at most 60 seconds.
 * @param known the present progress of the run, if the caller knows it.
 * @returns whether the request has the header.
 * @throws Problem when the key of the request became invalid while it waited.
 */
export async function waitAsPreferred(
  dependencies: { db: DatabaseConnection; feed: RunFeed },
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  runId: string,
  known?: RunProgress,
): Promise<boolean> {
  // Other preferences are ignored, as the standard requires.
  const prefer = String(request.headers.prefer ?? '')
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=\s*(?:[,;]|$))/i.exec(prefer)?.[1]
  if (seconds === undefined) return false
  const wait = Math.min(Number(seconds), longestWait)
  void reply.header('preference-applied', `wait=${wait}`)
  await waitForRun(dependencies, runId, {
    milliseconds: wait * 1_000,
    until: isClosedOrStuck,
    known,
    authenticate: () => authenticate(dependencies.db, request),
  })
  return true
}

function isClosedOrStuck({ status }: RunProgress): boolean {
  return status !== 'accepted' && status !== 'running' && status !== 'cancelling'
}
