import type { Kysely } from 'kysely'
import { newId } from '../../ids.ts'
import type { Database } from '../tables.ts'

/** The single root. Every other organization is somewhere below it. */
export async function up(db: Kysely<Database>): Promise<void> {
  const id = newId('org')
  await db
    .insertInto('organizations')
    .values({
      id,
      type: 'platform',
      parent_id: null,
      path: `${id}/`,
      name: 'Platform',
      country: 'US',
      state: '',
      city: null,
      address_line1: null,
      postal_code: null,
      phone: null,
      website: null,
      external_id: null,
      notes: null,
    })
    .execute()
}
