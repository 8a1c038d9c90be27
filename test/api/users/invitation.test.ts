import { afterAll, beforeAll, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, publicUrl, startEngine } from '../../stack/tenantry-command.ts'

let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

test('an invited person chooses a password with the link in the message, and signs in', async () => {
  const email = 'ada@example.com'
  const added = await api.addAccount(anAccountBody({ user: { fullName: 'Ada', email } }))
  expect(added.body).toMatchObject({ status: 'completed' })
  const link = new URL(/http\S+/u.exec(engine.mailbox.messages.at(-1)?.text ?? '')?.[0] ?? '')
  expect(link.origin).toBe(publicUrl)
  expect((await api.app.inject(link.pathname + link.search)).statusCode).toBe(200)
  const password = 'correct horse battery'
  const form = { token: link.searchParams.get('token') ?? '', password, confirmation: password }
  const chosen = await api.app.inject({
    method: 'POST',
    url: link.pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
  expect(chosen.statusCode).toBe(200)
  const signedIn = await engine.identity.api.signInEmail({ body: { email, password } })
  expect(signedIn.user.id).toBe(added.body.userId)
})
