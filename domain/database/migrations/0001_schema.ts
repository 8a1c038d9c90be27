import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import { newId } from '../../ids.ts'
import type { Database } from '../tables.ts'

/** The files of the schema. A file comes after the files that it refers to. */
const files = [
  'ids',
  'organizations',
  'users',
  'identity',
  'api-keys',
  'runs',
  'decisions',
  'plans',
  'licenses',
  'billing',
  'ledger',
  'messages',
  'webhooks',
  'webhook-events',
  'findings',
]

const texts = files.map((name) => readFileSync(new URL(`../schema/${name}.sql`, import.meta.url), 'utf8'))

/** A hash of the files, without comments and with whitespace collapsed: this migration is still edited. */
export const version = createHash('sha256')
  .update(texts.join('\n').replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' '))
  .digest('hex')
  .slice(0, 12)

/** Creates the schema and the platform, which is the root of all organizations. */
export async function up(db: Kysely<Database>): Promise<void> {
  for (const text of texts) await sql.raw(text).execute(db)
  const id = newId('org')
  await db
    .insertInto('organizations')
    .values({ id, type: 'platform', path: `${id}/`, name: 'Platform', country: 'US', state: '' })
    .execute()
}
