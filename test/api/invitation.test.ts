import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../api/app.ts'
import { createTemporalRuns } from '../../api/temporal-runs.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type Engine, publicUrl, startEngine } from '../stack/tenantry.ts'

let engine: Engine
let app: FastifyInstance

beforeAll(async () => {
  engine = await startEngine()
  const { db, url, client, taskQueue, registry, identity } = engine
  app = await buildApp({
    db,
    databaseUrl: url,
    registry,
    trialDays: 30,
    identity,
    temporal: createTemporalRuns({ client, db, taskQueue, attentionDays: 30 }),
    publicUrl,
    namespace: 'default',
    log: { level: 'silent' },
  })
})
afterAll(async () => {
  await app.close()
  await engine.stop()
})

test('an invited person chooses a password with the link in the message, and signs in', async () => {
  const email = 'ada@example.com'
  const added = await app.inject({
    method: 'POST',
    url: '/v1/organizations/root/accounts',
    headers: { authorization: `Bearer ${engine.apiKey}`, prefer: 'wait=20' },
    payload: anAccountBody({ user: { fullName: 'Ada', email } }),
  })
  expect(added.json()).toMatchObject({ status: 'completed' })
  const link = new URL(/http\S+/u.exec(engine.mailbox.messages.at(-1)?.text ?? '')?.[0] ?? '')
  expect(link.origin).toBe(publicUrl)
  expect((await app.inject(link.pathname + link.search)).statusCode).toBe(200)
  const password = 'correct horse battery'
  const form = { token: link.searchParams.get('token') ?? '', password, confirmation: password }
  const chosen = await app.inject({
    method: 'POST',
    url: link.pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
  expect(chosen.statusCode).toBe(200)
  const signedIn = await engine.identity.api.signInEmail({ body: { email, password } })
  expect(signedIn.user.id).toBe(added.json<{ userId: string }>().userId)
})
