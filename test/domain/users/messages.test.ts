import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { newId } from '../../../domain/ids.ts'
import type { InvitationStatus } from '../../../domain/users/invitations.ts'
import { findUser } from '../../../domain/users/read-users.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import type { StepStatus } from '../../../domain/runs/run-record.ts'
import { aUser } from '../../builders/user.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()

interface StepState {
  status: StepStatus
  error?: string
}

/** Adds a user and a run that invites the user. `setStep` sets the state of the step that sends the message. */
async function anInvitation(): Promise<{ userId: string; setStep(state: StepState): Promise<void> }> {
  const organizationId = await platformId(db)
  const id = newId('opr')
  const userId = await aUser(db, organizationId, { email: `${id}@example.com` })
  await sql`
    insert into runs (id, kind, parent_id, body_hash, request, plan, user_id)
    values (${id}, 'add-user', ${organizationId}, '', '{}', '[]', ${userId})
  `.execute(db)
  return {
    userId,
    async setStep({ status, error: errorClass }) {
      const error = errorClass && { code: 'mail', class: errorClass, message: 'No.', nextAction: 'Retry.' }
      await sql`
        insert into step_runs (run_id, step_id, revision, status, error, finished_at)
        values (${id}, 'notify-user', 1, ${status}, ${JSON.stringify(error)}::jsonb,
          case when ${status} = 'done' then now() end)
        on conflict (run_id, step_id, revision) do update set
          status = excluded.status, error = excluded.error, finished_at = excluded.finished_at
      `.execute(db)
    },
  }
}

test.each<[InvitationStatus, StepState[]]>([
  ['not_sent', []],
  ['sending', [{ status: 'running' }]],
  ['sending', [{ status: 'retrying', error: 'retryable' }]],
  ['sent', [{ status: 'running' }, { status: 'done' }]],
  ['failed', [{ status: 'needs_attention', error: 'needs_input' }]],
  ['unknown', [{ status: 'needs_attention', error: 'unknown_outcome' }]],
  ['sending', [{ status: 'needs_attention', error: 'unknown_outcome' }, { status: 'pending' }]],
  [
    'unknown',
    [
      { status: 'needs_attention', error: 'unknown_outcome' },
      { status: 'skipped', error: 'unknown_outcome' },
    ],
  ],
])('an invitation is %s after its step had the states %j', async (status, states) => {
  const { userId, setStep } = await anInvitation()
  for (const state of states) await setStep(state)
  const invitation = (await findUser(db, `${await platformId(db)}/`, userId))?.invitation
  const isStuck = status === 'failed' || status === 'unknown'
  expect(invitation).toEqual({
    status,
    sentAt: status === 'sent' ? expect.anything() : null,
    error: isStuck ? { code: 'mail', message: 'No.', nextAction: 'Retry.' } : null,
  })
})
