import { afterEach, beforeEach, expect, test } from 'vitest'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { insertUser } from '../../../domain/users/user-records.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'
import { createDeployment, type Deployment } from './deployment.ts'

let database: TestDatabase
let deployment: Deployment

beforeEach(async () => {
  database = await freshDatabase()
  deployment = await createDeployment({ db: database.db, databaseUrl: database.url })
})
afterEach(async () => {
  await deployment.stop()
  await database.drop()
})

const mailsTo = (email: string) =>
  deployment.mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(email)).length

const user = (name: string) => ({ fullName: name, email: `${name}@example.com` })

async function aUser(name: string): Promise<string> {
  const organizationId = await platformId(database.db)
  const id = await database.db
    .transaction()
    .execute((transaction) => insertUser(transaction, { organizationId, ...user(name) }))
  return id ?? ''
}

async function untilStatus(id: string, status: string): Promise<void> {
  const read = async () => (await deployment.send('GET', `/v1/operations/${id}`)).body.status
  await expect.poll(read, { timeout: 40_000, interval: 200 }).toBe(status)
}

test('if a worker is killed after it sent a message and before it recorded that, only a person sends it again', async () => {
  await deployment.api.start()
  const add = (name: string) => deployment.send('POST', '/v1/organizations/root/users', user(name))
  const sendInstructions = async (name: string) =>
    deployment.send('POST', `/v1/users/${await aUser(name)}/password-instructions`, {})
  // The runs are accepted before the worker starts, so that each is held at its gate.
  const accepted = [await sendInstructions('retried'), await sendInstructions('skipped'), await add('new')]
  const runs = accepted.map(({ body }) => body.id)
  for (const id of runs) deployment.gates.hold(id, 'after notify-user')
  await deployment.worker.start()
  await expect.poll(() => deployment.gates.held().toSorted(), { timeout: 30_000 }).toEqual(runs.toSorted())
  expect(['retried', 'skipped', 'new'].map(mailsTo)).toEqual([1, 1, 1])
  await deployment.worker.kill()
  deployment.gates.open()
  await deployment.worker.start()

  for (const id of runs) await untilStatus(id, 'needs_attention')
  const stuck = await deployment.send('GET', `/v1/operations/${runs[0]}`)
  expect(stuck.body.invitation).toMatchObject({ status: 'unknown', error: { code: 'outcome_unknown' } })
  expect(['retried', 'skipped', 'new'].map(mailsTo)).toEqual([1, 1, 1])

  const decide = (id: string | undefined, decision: 'retry' | 'skip' | 'cancel') =>
    deployment.send('POST', `/v1/operations/${id}/${decision}`, {
      ...(decision === 'cancel' ? {} : { step: 'notify-user' }),
      reason: 'The user was asked.',
    })
  expect((await decide(runs[0], 'retry')).status).toBe(202)
  expect((await decide(runs[1], 'skip')).status).toBe(202)
  expect((await decide(runs[2], 'cancel')).status).toBe(202)
  await untilStatus(runs[0] ?? '', 'completed')
  await untilStatus(runs[1] ?? '', 'completed')
  await untilStatus(runs[2] ?? '', 'cancelled')
  expect(['retried', 'skipped', 'new'].map(mailsTo)).toEqual([2, 1, 1])
})
