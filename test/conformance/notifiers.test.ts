import { afterAll, describe, expect, test } from 'vitest'
import { notifierChecks } from '../../plugins/conformance/kits.ts'
import { freshDatabase } from '../stack/database.ts'
import { startMailServerWithLogin } from './mail-server-with-login.ts'
import { readBuiltIn } from './built-in.ts'
import { smtpSubject } from './subjects/smtp-subject.ts'

const { db, drop } = await freshDatabase()
const server = await startMailServerWithLogin()
afterAll(() => Promise.all([server.stop(), drop()]))

const subjects = { smtp: smtpSubject(server) }

describe.each(Object.entries(subjects))('the notifier %s', (_, subject) => {
  for (const { name, run } of notifierChecks(subject)) test(name, run)
})

test('every built-in notifier is checked, by its own id', async () => {
  const checked = Object.entries(subjects).map(([name, subject]) => [
    name,
    subject.connect(subject.providerUrl).notifiers?.[0]?.id,
  ])
  const { notifierIds } = await readBuiltIn(db)
  expect(checked).toEqual(notifierIds.map((id) => [id, id]))
})
