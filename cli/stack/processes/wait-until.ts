import { setTimeout as sleep } from 'node:timers/promises'
import { StartFailure } from '../failure.ts'
import { withLastLogLine } from './log-file.ts'
import type { ServerProcess } from './server-process.ts'

export interface Waiting {
  withinMs: number
  /** How long to wait before asking again. Default 50. */
  pauseMs?: number
  /** What to throw when the time is over. */
  gaveUp: () => Error
  /** Stops the waiting: its reason is thrown. */
  signal?: AbortSignal
}

/** Asks again and again until `ready` answers true; an error counts as not yet. */
export async function waitUntil(ready: () => Promise<boolean>, waiting: Waiting): Promise<void> {
  const deadline = Date.now() + waiting.withinMs
  for (;;) {
    if (await ready().catch(() => false)) return
    waiting.signal?.throwIfAborted()
    if (Date.now() > deadline) throw waiting.gaveUp()
    await sleep(waiting.pauseMs ?? 50)
  }
}

/**
 * Waits until a server that was just started is ready.
 * @throws StartFailure naming its log, when it ends first or takes longer than a minute.
 */
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
    gaveUp: () => new StartFailure(`${about.title} did not get ready in a minute`, nextAction),
    signal: about.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, about.signal]),
  })
}
