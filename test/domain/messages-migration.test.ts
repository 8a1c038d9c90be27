import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepStatus } from '../../domain/database/tables.ts'
import { up } from '../../domain/database/migrations/0014_messages.ts'
import { newId } from '../../domain/ids.ts'
import { findUser } from '../../domain/organization-users.ts'
import { platformId } from '../../domain/organizations.ts'
import { insertUser } from '../../domain/users.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const later = new Date('2026-10-05T14:03:21Z')
const stuckBy = (errorClass: string) => ({
  code: 'mail',
  class: errorClass,
  message: 'No.',
  nextAction: 'Retry.',
})

/** A user whose invitation is where this step is. */
async function aUserOf(step: { status: StepStatus; error?: object; output?: object }): Promise<string> {
  const { db } = database
  const organizationId = await platformId(db)
  const email = `${newId('usr')}@example.com`
  const userId = await db
    .transaction()
    .execute((transaction) => insertUser(transaction, { organizationId, fullName: 'Ada', email }))
  const id = newId('onb')
  await sql`
    insert into onboardings (id, parent_id, body_hash, request, plan, user_id)
    values (${id}, ${organizationId}, '', '{}', '[]', ${userId})
  `.execute(db)
  await sql`
    insert into step_runs (onboarding_id, step_id, status, error, output, started_at, finished_at)
    values (${id}, 'notify-user', ${step.status}, ${JSON.stringify(step.error)}::jsonb,
      ${JSON.stringify(step.output)}::jsonb, ${later}, ${later})
  `.execute(db)
  return userId ?? ''
}

test('what was written to people before there were messages is known afterwards', async () => {
  const users = {
    sent: await aUserOf({ status: 'done', output: { messageId: 'sent@tenantry.example' } }),
    failed: await aUserOf({ status: 'needs_attention', error: stuckBy('needs_input') }),
    unknown: await aUserOf({ status: 'skipped', error: stuckBy('unknown_outcome') }),
    sending: await aUserOf({ status: 'retrying', error: stuckBy('retryable') }),
  }
  const { db } = database
  for (const statement of [
    'drop table messages',
    'drop function note_message, give_up_messages, invitation_of, emit_invitation_bounced cascade',
    'drop index onboardings_open_of_user, onboardings_one_resend_at_a_time',
  ])
    await sql.raw(statement).execute(db)

  await db.transaction().execute((transaction) => up(transaction as never))
  const platform = `${await platformId(db)}/`
  for (const [status, id] of Object.entries(users)) {
    const invitation = (await findUser(db, platform, id))?.invitation
    expect(invitation).toMatchObject({ status })
    expect(invitation?.sentAt === null).toBe(status !== 'sent')
    expect(invitation?.error === null).toBe(status === 'sent' || status === 'sending')
  }
  const { message_id: messageId } = await db
    .selectFrom('messages')
    .select('message_id')
    .where('user_id', '=', users.sent)
    .executeTakeFirstOrThrow()
  expect(messageId).toBe('sent@tenantry.example')
})
