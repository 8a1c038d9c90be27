import type { Fault } from './fault.ts'

/** It stays away until every request of the round is accepted without it. */
export const killTemporal: Fault = async ({ system, recorder, answered }) => {
  await system.temporal.kill()
  recorder.release()
  await answered
  await system.temporal.restart()
}
