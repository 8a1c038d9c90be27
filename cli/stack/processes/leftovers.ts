import { join } from 'node:path'
import { stopLeftover } from './pid-file.ts'
import { clusterFolder } from '../postgres/postgres-home.ts'
import { stopLeftoverPostgres } from '../postgres/postgres-leftover.ts'

const pidFiles = ['serve.pid', 'mailbox.pid', join('temporal', 'temporal.pid')]

/** Stops the processes that a killed start on this data folder left running, and so frees its ports. */
export async function stopLeftovers(dataDir: string): Promise<void> {
  for (const file of pidFiles) await stopLeftover(join(dataDir, file), 'SIGTERM')
  await stopLeftoverPostgres(clusterFolder(dataDir))
}
