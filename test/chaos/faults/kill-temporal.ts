import type { ProcessFault } from './process-fault.ts'

/** Kills Temporal and restarts it when every request of the round has been accepted without it. */
export const killTemporal: ProcessFault = async ({ system, recorder, answered }) => {
  await system.temporal.kill()
  recorder.release()
  await answered
  await system.temporal.restart()
}
