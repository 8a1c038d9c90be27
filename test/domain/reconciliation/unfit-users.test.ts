import { expect, test } from 'vitest'
import { newId } from '../../../domain/ids.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { findUnfitUsers } from '../../../domain/reconciliation/unfit-users.ts'
import type { RunKind } from '../../../domain/runs/run-requests.ts'
import { aUser } from '../../builders/user.ts'
import { changeRows } from '../../builders/rows.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()
const platform = await platformId(db)

/** Adds a user with a run of this kind that has failed. @returns the kinds of the findings on the user. */
async function findingsAfter(kind: RunKind, deactivated?: 'deactivated'): Promise<string[]> {
  const id = newId('opr')
  const email = `${id}@example.com`
  const userId = await aUser(db, platform, { email })
  await db
    .insertInto('runs')
    .values({
      ...{ id, kind, parent_id: platform, organization_id: platform, user_id: userId, status: 'failed' },
      ...{ body_hash: '', request: '{}', plan: '[]', closed_at: new Date(0) },
    })
    .execute()
  if (deactivated) await changeRows(db, 'users', { id: userId }, { email: null, former_email: email })
  return (await findUnfitUsers(db, { only: userId }, 0)).map((found) => found.kind)
}

test('a user of a failed onboarding is a finding, and one with a failed change or without an email is none', async () => {
  expect(await findingsAfter('add-user')).toEqual(['user_of_ended_onboarding'])
  expect(await findingsAfter('update-user')).toEqual([])
  expect(await findingsAfter('add-user', 'deactivated')).toEqual([])
})
