import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/**
 * A pool whose connections prepare each statement once and send only its values afterwards. Postgres then parses the
 * statement once, which is most of the cost of a small statement.
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
  let timedOut: Error | undefined
  const query = async (text: string, values: readonly unknown[] = []) => {
    // A later statement, such as `rollback`, would wait behind the one that got no answer, and time out as well.
    if (timedOut !== undefined) throw timedOut
    try {
      // A statement without values, such as `begin`, is cheap to plan and needs only one message.
      if (values.length === 0) return await client.query(text)
      return await client.query({ name: nameOf(text), text, values: [...values] })
    } catch (error) {
      stale ||= isStalePlan(error)
      if (isReadTimeout(error)) timedOut = error
      throw error
    }
  }
  const release = () => client.release(stale || timedOut !== undefined)
  return Object.assign(Object.create(client), { query, release })
}

/** The server gave no answer in time. The client sets no code on this error, so its message is compared. */
function isReadTimeout(error: unknown): error is Error {
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

/** A migration changed a table of a prepared statement: `feature_not_supported`. A new connection prepares it again. */
function isStalePlan(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '0A000'
}
