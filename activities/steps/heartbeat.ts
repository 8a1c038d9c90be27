import { Context } from '@temporalio/activity'

/** Heartbeats while `body` runs: that is how a dead worker is noticed in seconds, and how a cancellation arrives. */
export async function whileHeartbeating<Result>(body: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const { heartbeatTimeoutMs } = context.info
  // A local activity has none: the workflow task reports for it.
  if (heartbeatTimeoutMs === undefined) return body()
  const beat = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / 3)
  try {
    return await body()
  } finally {
    clearInterval(beat)
  }
}
