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
  let silence: Error | undefined
  const query = async (text: string, values: readonly unknown[] = []) => {
    // What comes after it, such as `rollback`, would wait as long again behind the statement that got no answer.
    if (silence !== undefined) throw silence
    try {
      // What has no values, such as `begin`, costs nothing to plan and goes over in one message.
      if (values.length === 0) return await client.query(text)
      return await client.query({ name: nameOf(text), text, values: [...values] })
    } catch (error) {
      stale ||= isStalePlan(error)
      if (isSilence(error)) silence = error
      throw error
    }
  }
  const release = () => client.release(stale || silence !== undefined)
  return Object.assign(Object.create(client), { query, release })
}

/** The server gave no answer in time. It is told apart by its words: the client gives it no code. */
function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout'
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
