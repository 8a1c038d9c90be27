import type { FaultName } from '../scenario/rounds.ts'
import { deploy } from './deploy.ts'
import type { Fault } from './fault.ts'
import { freezeWorker } from './freeze-worker.ts'
import { killApi } from './kill-api.ts'
import { killPostgres } from './kill-postgres.ts'
import { killTemporal } from './kill-temporal.ts'
import { killWorker } from './kill-worker.ts'

export const faults: Record<FaultName, Fault> = {
  'worker killed': killWorker,
  'API killed': killApi,
  'Temporal killed': killTemporal,
  'Postgres killed': killPostgres,
  'worker frozen and woken': freezeWorker,
  'new plan deployed': deploy,
}
