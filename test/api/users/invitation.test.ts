import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { publicUrl } from '../../stack/engine.ts'
import { linkIn, setPassword } from './mails.ts'

const { engine, api } = await startEngineForFile()

test('An invited user chooses a password with the link in the message and signs in', async () => {
  const email = 'ada@example.com'
  const added = await api.addAccount(anAccountBody({ user: { fullName: 'Ada', email } }))
  expect(added.body).toMatchObject({ status: 'completed' })
  const link = linkIn(engine, email)
  expect(link.origin).toBe(publicUrl)
  expect((await api.app.inject(link.pathname + link.search)).statusCode).toBe(200)
  const password = 'correct horse battery'
  expect(await setPassword(api, link, password)).toBe(200)
  const signedIn = await engine.identity.api.signInEmail({ body: { email, password } })
  expect(signedIn.user.id).toBe(added.body.userId)
})
