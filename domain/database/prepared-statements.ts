import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/**
 * A pool whose connections prepare each statement once and then only send its values: Postgres plans it once, which is
 * most of what a small statement costs.
 */
export function withPreparedStatements(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => preparing(await pool.connect()),
    end: () => pool.end(),
  }
}

function preparing(client: pg.PoolClient): PostgresPoolClient {
  let stale = false
  const query = async (text: string, values: readonly unknown[] = []) => {
    // What has no values, such as `begin`, costs nothing to plan and goes over in one message.
    if (values.length === 0) return client.query(text)
    try {
      return await client.query({ name: nameOf(text), text, values: [...values] })
    } catch (error) {
      stale ||= isStalePlan(error)
      throw error
    }
  }
  return Object.assign(Object.create(client), { query, release: () => client.release(stale) })
}

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha1').update(text).digest('hex')
  names.set(text, name)
  return name
}

/** A migration changed a table under a prepared statement: `feature_not_supported`. A new connection plans it anew. */
function isStalePlan(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '0A000'
}
