import { setTimeout as sleep } from 'node:timers/promises'
import { StartFailure } from '../failure.ts'
import { withLastLogLine } from './log-file.ts'
import type { ServerProcess } from './server-process.ts'

export interface Waiting {
  withinMs: number
  /** Milliseconds between two calls of `ready`. Default 50. */
  pauseMs?: number
  /** The error to throw when the time is over. */
  gaveUp: () => Error
  /** Ends the waiting and throws its reason. */
  signal?: AbortSignal
}

/** Calls `ready` until it answers true. An error counts as false. */
export async function waitUntil(ready: () => Promise<boolean>, waiting: Waiting): Promise<void> {
  const deadline = Date.now() + waiting.withinMs
  for (;;) {
    if (await ready().catch(() => false)) return
    waiting.signal?.throwIfAborted()
    if (Date.now() > deadline) throw waiting.gaveUp()
    await sleep(waiting.pauseMs ?? 50)
  }
}

/** @throws StartFailure naming its log, when the server ends first or takes longer than a minute. */
export async function waitUntilReady(
  server: ServerProcess,
  about: { title: string; logFile: string; signal?: AbortSignal | undefined },
  ready: () => Promise<boolean>,
): Promise<void> {
  const nextAction = `Read its log: ${about.logFile}`
  const ended = new AbortController()
  void server.ended.then((how) => {
    ended.abort(
      new StartFailure(
        `${about.title} ended while it started (${withLastLogLine(how, about.logFile)})`,
        nextAction,
      ),
    )
  })
  await waitUntil(ready, {
    withinMs: 60_000,
    gaveUp: () => new StartFailure(`${about.title} was not ready within a minute`, nextAction),
    signal: about.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, about.signal]),
  })
}
