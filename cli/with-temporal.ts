import { Client, Connection } from '@temporalio/client'
import type { TemporalSettings } from './environment.ts'

/** Gives a command a client of the deployment's Temporal, and closes its connection after. */
export async function withTemporal(
  { connectionOptions, namespace }: TemporalSettings,
  act: (client: Client) => Promise<number>,
): Promise<number> {
  const connection = await Connection.connect(connectionOptions)
  try {
    return await act(new Client({ connection, namespace }))
  } finally {
    await connection.close()
  }
}
