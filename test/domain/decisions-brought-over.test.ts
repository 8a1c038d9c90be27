import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptOnboarding } from '../../domain/accept-onboarding.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../domain/api-keys.ts'
import { up } from '../../domain/database/migrations/0012_decisions.ts'
import { listDecisions } from '../../domain/decision-records.ts'
import { platformId } from '../../domain/organizations.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('what was decided before there was an audit trail of its own is brought over into it', async () => {
  const { db } = database
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const apiKeyId = (await findCaller(db, key))?.apiKeyId ?? ''
  const accepted = await acceptOnboarding(db, {
    parentId: await platformId(db),
    apiKeyId,
    idempotencyKey: undefined,
    bodyHash: '',
    request: { type: 'customer', company: { name: 'C', country: 'US', state: 'TX' } },
    plan: [],
  })
  const id = accepted?.id ?? ''
  // As the version before left it.
  for (const statement of [
    'drop table bulk_decision_items, bulk_decisions, decisions',
    `insert into step_runs (onboarding_id, step_id, revision, status, correction, actor, reason, started_at) values
      ('${id}', 'create-user', 1, 'needs_attention', null, null, null, now() - interval '3 hours'),
      ('${id}', 'create-user', 2, 'done', '{"user":{"email":"b@example.com","fullName":null}}', '${apiKeyId}', 'Taken.',
        now() - interval '2 hours'),
      ('${id}', 'notify-user', 1, 'skipped', null, '${apiKeyId}', 'Told.', now() - interval '1 hour')`,
    `insert into onboarding_events (onboarding_id, sequence, type, data)
      values ('${id}', 2, 'onboarding', '{"status":"running","requested":"cancel","actor":"${apiKeyId}","reason":"No."}'),
        ('${id}', 3, 'onboarding', '{"status":"cancelling"}'),
        ('${id}', 4, 'onboarding', '{"status":"needs_attention"}')`,
    `update onboardings set status = 'needs_attention' where id = '${id}'`,
  ])
    await sql.raw(statement).execute(db)

  await db.transaction().execute((transaction) => up(transaction as never))
  const common = { source: 'api', actor: apiKeyId, refusal: null, takenAt: expect.any(Date) }
  expect(await listDecisions(db, id, { limit: 10, after: undefined })).toMatchObject([
    { ...common, action: 'cancel', stepId: null, reason: 'No.' },
    { ...common, action: 'skip', stepId: 'notify-user', reason: 'Told.', changes: [] },
    {
      ...common,
      action: 'retry',
      stepId: 'create-user',
      revision: 2,
      reason: 'Taken.',
      changes: [
        { pointer: '/user/email', old: null, new: 'b@example.com' },
        { pointer: '/user/fullName', old: null, new: null },
      ],
    },
  ])
})
