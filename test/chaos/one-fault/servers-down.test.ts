import { afterEach, describe, expect, test } from 'vitest'
import { connectDatabase } from '../../../domain/database/connection.ts'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { freshDatabase } from '../../stack/database.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { addedOnce } from './effects.ts'
import { startOwnPostgres, startOwnTemporal } from './own-temporal.ts'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean()
})

const names = (count: number, purpose: string) =>
  Array.from({ length: count }, (_, index) => `${purpose} ${index}`)

async function acceptAll(deployment: Deployment, accounts: string[]): Promise<string[]> {
  const answers = await Promise.all(accounts.map((name) => deployment.post(name)))
  expect(answers.map(({ status }) => status)).toEqual(accounts.map(() => 202))
  return answers.map(({ body }) => body.id)
}

async function expectEachOnce(deployment: Deployment, accounts: string[]): Promise<void> {
  for (const name of accounts) {
    expect({ name, ...(await deployment.effects(name)) }).toEqual({ name, ...addedOnce, mails: 1 })
  }
}

describe('while Temporal is away', () => {
  test('accounts are accepted, and are added once it is back, also when the API was killed meanwhile', async () => {
    const temporal = await startOwnTemporal()
    cleanUp.push(temporal.remove)
    const deployment = await onItsOwnDatabase(temporal.address)
    const before = names(3, 'before')
    const begun = await acceptAll(deployment, before)
    // Not at the message: one that was begun when its workflow task got lost is for a person to decide on.
    for (const id of begun) deployment.gates.hold(id, 'after provision-licenses')
    await deployment.worker.start()
    await expect.poll(() => deployment.gates.held()).toHaveLength(begun.length)
    await temporal.kill()
    const during = names(5, 'during')
    const waiting = await acceptAll(deployment, during)
    expect((await deployment.read(waiting[0])).status).toBe('accepted')
    await deployment.api.kill()
    await deployment.api.start()
    deployment.gates.open()
    await temporal.restart()

    await deployment.until([...begun, ...waiting], 'completed')
    await expectEachOnce(deployment, [...before, ...during])
  })
})

describe('when Postgres crashes in the middle', () => {
  test('nothing that was accepted is lost, and nothing is done twice', async () => {
    const postgres = await startOwnPostgres()
    cleanUp.push(postgres.remove)
    const db = connectDatabase(postgres.url)
    await migrateToLatest(db)
    const deployment = await createDeployment({ db, databaseUrl: postgres.url })
    cleanUp.push(() => db.destroy(), deployment.stop)
    await deployment.api.start()

    const boundaries = ['before create-user', 'after provision-licenses', 'after notify-user'] as const
    const ids = await acceptAll(deployment, [...boundaries])
    for (const [index, boundary] of boundaries.entries()) deployment.gates.hold(ids[index] ?? '', boundary)
    await deployment.worker.start()
    await expect.poll(() => deployment.gates.held()).toHaveLength(boundaries.length)
    await postgres.kill()
    deployment.gates.open()
    const refused = await deployment.post('late')
    expect([refused.status, refused.body]).toMatchObject([503, { code: 'database_unreachable' }])
    await postgres.restart()

    const late = await acceptAll(deployment, ['late'])
    await deployment.until([...ids, ...late], 'completed')
    await expectEachOnce(deployment, [...boundaries, 'late'])
  })
})

async function onItsOwnDatabase(temporalAddress?: string): Promise<Deployment> {
  const database = await freshDatabase()
  const deployment = await createDeployment({
    db: database.db,
    databaseUrl: database.url,
    ...(temporalAddress === undefined ? {} : { temporalAddress }),
  })
  cleanUp.push(database.drop, deployment.stop)
  await deployment.api.start()
  return deployment
}

describe('while the mail server is away', () => {
  test('the invitation is tried again, and arrives once when it is back', async () => {
    const deployment = await onItsOwnDatabase()
    await deployment.mailbox.goDown()
    await deployment.worker.start()
    const [id] = await acceptAll(deployment, ['patience'])
    await expect
      .poll(async () => (await deployment.read(id)).steps.at(-1))
      .toMatchObject({ id: 'notify-user', status: 'retrying', error: { code: 'mail_unreachable' } })
    await deployment.mailbox.comeBack()

    await deployment.until([id], 'completed')
    await expectEachOnce(deployment, ['patience'])
  })
})
