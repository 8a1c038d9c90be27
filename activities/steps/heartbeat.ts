import { Context } from '@temporalio/activity'

/** Sends heartbeats while `body` runs. Temporal then detects a dead worker within seconds, and can deliver a cancellation. */
export async function whileHeartbeating<Result>(body: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const { heartbeatTimeoutMs } = context.info
  // A local activity has no heartbeats: its workflow task is its sign of life.
  if (heartbeatTimeoutMs === undefined) return body()
  const beat = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / 3)
  try {
    return await body()
  } finally {
    clearInterval(beat)
  }
}
