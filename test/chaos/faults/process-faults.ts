import type { ProcessFaultName } from '../scenario/rounds.ts'
import { deploy } from './deploy.ts'
import type { ProcessFault } from './process-fault.ts'
import { freezeWorker } from './freeze-worker.ts'
import { killApi } from './kill-api.ts'
import { killPostgres } from './kill-postgres.ts'
import { killTemporal } from './kill-temporal.ts'
import { killWorker } from './kill-worker.ts'

export const processFaults: Record<ProcessFaultName, ProcessFault> = {
  'worker killed': killWorker,
  'API killed': killApi,
  'Temporal killed': killTemporal,
  'Postgres killed': killPostgres,
  'worker frozen and thawed': freezeWorker,
  'new run plan deployed': deploy,
}
