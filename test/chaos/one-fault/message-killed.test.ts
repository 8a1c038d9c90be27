import { afterAll, expect, test } from 'vitest'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { aUser } from '../../builders/user.ts'
import { createDeployment } from './deployment.ts'

const deployment = await createDeployment()
afterAll(deployment.stop)

const user = (name: string) => ({ fullName: name, email: `${name}@example.com` })

async function untilStatus(id: string, status: string): Promise<void> {
  const read = async () => (await deployment.send('GET', `/v1/operations/${id}`)).body.status
  await expect.poll(read, { timeout: 40_000, interval: 200 }).toBe(status)
}

test('if a worker is killed after it sent a message and before it recorded that, only a person sends it again', async () => {
  await deployment.api.start()
  const add = (name: string) => deployment.send('POST', '/v1/organizations/root/users', user(name))
  const sendInstructions = async (name: string) => {
    const id = await aUser(deployment.db, await platformId(deployment.db), user(name))
    return deployment.send('POST', `/v1/users/${id}/password-instructions`, {})
  }
  // The runs are accepted before the worker starts, so that each is held at its gate.
  const accepted = [await sendInstructions('retried'), await sendInstructions('skipped'), await add('new')]
  const runs = accepted.map(({ body }) => body.id)
  for (const id of runs) deployment.gates.hold(id, 'after notify-user')
  await deployment.worker.start()
  await expect.poll(() => deployment.gates.held().toSorted(), { timeout: 30_000 }).toEqual(runs.toSorted())
  expect(['retried', 'skipped', 'new'].map(deployment.mailsTo)).toEqual([1, 1, 1])
  await deployment.replaceWorker()

  for (const id of runs) await untilStatus(id, 'needs_attention')
  const stuck = await deployment.send('GET', `/v1/operations/${runs[0]}`)
  expect(stuck.body.invitation).toMatchObject({ status: 'unknown', error: { code: 'outcome_unknown' } })
  expect(['retried', 'skipped', 'new'].map(deployment.mailsTo)).toEqual([1, 1, 1])

  const decide = (id: string | undefined, decision: 'retry' | 'skip' | 'cancel') =>
    deployment.send('POST', `/v1/operations/${id}/${decision}`, {
      ...(decision === 'cancel' ? {} : { step: 'notify-user' }),
      reason: 'The user was asked.',
    })
  for (const [index, decision] of (['retry', 'skip', 'cancel'] as const).entries())
    expect((await decide(runs[index], decision)).status).toBe(202)
  for (const [index, status] of ['completed', 'completed', 'cancelled'].entries())
    await untilStatus(runs[index] ?? '', status)
  expect(['retried', 'skipped', 'new'].map(deployment.mailsTo)).toEqual([2, 1, 1])
})
