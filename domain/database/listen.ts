import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

const reconnectPause = 1_000

interface Listener {
  onNotification(payload: string): void
  /** Called after each connect. Notifications that were sent while the connection was lost are missing. */
  onConnected(): void
}

/** Reconnects when the connection is lost. Never rejects. @param channel a name that needs no quotes in SQL. */
export async function listen(
  databaseUrl: string,
  channel: string,
  signal: AbortSignal,
  listener: Listener,
): Promise<void> {
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'tenantry-feed',
    })
    const ended = new Promise<void>((resolve) => {
      client.once('end', resolve)
      client.on('error', () => resolve())
    })
    client.on('notification', ({ payload }) => listener.onNotification(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
      listener.onConnected()
      await Promise.race([ended, aborted])
    } catch {
      // The database is unreachable. Callers poll as well, so a missed notification only delays them.
    }
    await client.end().catch(() => undefined)
    await delay(reconnectPause, undefined, { signal }).catch(() => undefined)
  }
}
