import { Context } from '@temporalio/activity'

const heartbeatInterval = 2_000

/** Heartbeats while `body` runs: that is how a dead worker is noticed in seconds, and how a cancellation arrives. */
export async function whileHeartbeating<Result>(body: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const beat = setInterval(() => context.heartbeat(), heartbeatInterval)
  try {
    return await body()
  } finally {
    clearInterval(beat)
  }
}
