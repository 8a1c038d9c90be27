import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anOrganization } from '../../builders/organization.ts'
import { startReceiver } from '../../webhooks/receiver.ts'
import { createDeployment } from './deployment.ts'

const deployment = await createDeployment()
const { db } = deployment
const receiver = await startReceiver()
afterAll(async () => {
  await deployment.stop()
  await receiver.close()
})

test('if a worker is killed before it records the answer to a webhook, it is sent again with the same id, in order', async () => {
  await deployment.api.start()
  const organization = await anOrganization(db, await platformId(db), { type: 'customer' })
  const endpoint = await deployment.send('POST', '/v1/organizations/root/webhook-endpoints', {
    url: receiver.url,
    events: ['organization.updated'],
  })
  expect(endpoint.status).toBe(201)
  // The receiver takes the third webhook and does not answer, and the worker is killed.
  const versions = () => receiver.about(organization).map(({ data }) => data.version)
  const received = Promise.withResolvers<void>()
  receiver.answer(({ data }) => {
    if (data.version !== 4 || versions().filter((version) => version === 4).length > 1) return 204
    received.resolve()
    return undefined
  })
  await deployment.worker.start()
  for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) {
    const path = `/v1/organizations/${organization}`
    expect((await deployment.send('PATCH', path, { name }, { 'if-match': '*' })).status).toBe(200)
  }
  await received.promise
  await deployment.worker.kill()
  expect(versions()).toEqual([2, 3, 4])
  await deployment.worker.start()
  // The claim of the killed worker lasts 30 seconds, in which no later delivery is sent. The test ends the claim now.
  await sql`update webhook_deliveries set next_attempt_at = now() where status = 'pending'`.execute(db)

  await expect.poll(versions).toEqual([2, 3, 4, 4, 5, 6])
  const [first, again] = receiver.about(organization).filter(({ data }) => data.version === 4)
  expect(again).toEqual(first)
  const deliveries = () =>
    db.selectFrom('webhook_deliveries').select(['status', 'attempts']).orderBy('position').execute()
  await expect
    .poll(deliveries, { timeout: 10_000 })
    .toEqual([1, 1, 2, 1, 1].map((attempts) => ({ status: 'delivered', attempts })))
})
