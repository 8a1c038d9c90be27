import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { connectDatabase } from '../../../domain/database/connection.ts'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { startOwnPostgres, startOwnTemporal } from '../system/own-servers.ts'
import { createDeployment, type Deployment } from './deployment.ts'

const names = (count: number, purpose: string) =>
  Array.from({ length: count }, (_, index) => `${purpose} ${index}`)

async function acceptAll(deployment: Deployment, accounts: string[]): Promise<string[]> {
  const answers = await Promise.all(accounts.map((name) => deployment.post(name)))
  expect(answers.map(({ status }) => status)).toEqual(accounts.map(() => 202))
  return answers.map(({ body }) => body.id)
}

describe('while Temporal is down', () => {
  test('requests are accepted, and their accounts are added after the restart, even if the API was killed in between', async () => {
    const temporal = await startOwnTemporal(inject('temporalCliPath'))
    const deployment = await startDeployment({ temporal })
    const before = names(3, 'before')
    const begun = await acceptAll(deployment, before)
    // Not at the message: if its workflow task is lost during the call, its outcome is unknown and a person has to decide.
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
    // The steps of these runs end without Temporal. A worker that connects again may abort a message on its way.
    await deployment.until(begun, 'completed')
    await temporal.restart()

    await deployment.until([...begun, ...waiting], 'completed')
    await deployment.expectEachOnce([...before, ...during])
  })
})

describe('if Postgres crashes during a run', () => {
  test('no accepted request is lost, and no effect happens twice', async () => {
    const postgres = await startOwnPostgres()
    onTestFinished(postgres.remove)
    const db = connectDatabase(postgres.url)
    await migrateToLatest(db)
    const deployment = await startDeployment({
      database: { db, url: postgres.url, drop: () => db.destroy() },
    })

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
    await deployment.expectEachOnce([...boundaries, 'late'])
  })
})

async function startDeployment(parts?: Parameters<typeof createDeployment>[0]): Promise<Deployment> {
  const deployment = await createDeployment(parts)
  onTestFinished(deployment.stop)
  await deployment.api.start()
  return deployment
}

describe('while the mail server is down', () => {
  test('the invitation is retried, and arrives once after the mail server is back', async () => {
    const deployment = await startDeployment()
    await deployment.mailbox.goDown()
    await deployment.worker.start()
    const [id] = await acceptAll(deployment, ['patience'])
    await expect
      .poll(async () => (await deployment.read(id)).steps.at(-1))
      .toMatchObject({ id: 'notify-user', status: 'retrying', error: { code: 'mail_unreachable' } })
    await deployment.mailbox.comeBack()

    await deployment.until([id], 'completed')
    await deployment.expectEachOnce(['patience'])
  })
})
