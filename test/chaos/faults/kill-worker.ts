import { startWorkers } from '../system/system.ts'
import type { Fault } from './fault.ts'

/** Whatever it has in hand, another one takes up. */
export const killWorker: Fault = async ({ system }) => {
  await Promise.all(system.workers.splice(0).map((worker) => worker.kill()))
  await startWorkers(system)
}
