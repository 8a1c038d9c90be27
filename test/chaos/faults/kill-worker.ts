import { startWorkers } from '../system/system.ts'
import type { ProcessFault } from './process-fault.ts'

/** Kills all workers and starts new ones, which continue the runs. */
export const killWorker: ProcessFault = async ({ system }) => {
  await Promise.all(system.workers.splice(0).map((worker) => worker.kill()))
  await startWorkers(system)
}
