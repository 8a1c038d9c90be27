import { Client, Connection } from '@temporalio/client'
import type { TemporalSettings } from './environment.ts'
import { StartFailure } from '../stack/failure.ts'

/** @throws StartFailure when Temporal can't be reached. */
export async function withTemporalClient(
  { address, namespace, connectionOptions }: TemporalSettings,
  act: (client: Client) => Promise<number>,
): Promise<number> {
  const connection = await Connection.connect(connectionOptions).catch(() => {
    throw new StartFailure(
      `Temporal can't be reached at ${address}`,
      'Start Temporal, or correct TEMPORAL_ADDRESS',
    )
  })
  try {
    return await act(new Client({ connection, namespace }))
  } finally {
    await connection.close()
  }
}
