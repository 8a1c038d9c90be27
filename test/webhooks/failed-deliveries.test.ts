import { describe, expect } from 'vitest'
import { test, until } from './webhooks-under-test.ts'

describe('Failed deliveries', () => {
  test('A failed delivery delays the later events of its organization and no others', async ({
    webhooks,
  }) => {
    const [stuck, other] = [await webhooks.customer('Stuck'), await webhooks.customer('Other')]
    const { id } = await webhooks.endpoint()
    webhooks.receiver.answer(({ data }) => (data.organizationId === stuck ? 500 : 204))
    webhooks.relay()
    await webhooks.rename(stuck, 3)
    await webhooks.rename(other, 3)
    await expect.poll(() => webhooks.versions(other), until).toEqual([2, 3, 4])
    expect(new Set(webhooks.versions(stuck))).toEqual(new Set([2]))
    expect((await webhooks.log(id)).find(({ organizationId }) => organizationId === stuck)).toMatchObject({
      status: 'pending',
      attempts: 0,
    })

    webhooks.receiver.answer(() => 204)
    await expect.poll(() => webhooks.versions(stuck).slice(-2), until).toEqual([3, 4])
    expect(webhooks.versions(stuck).filter((version) => version !== 2)).toEqual([3, 4])
  })

  test('A failed delivery is delivered after the receiver is back', async ({ webhooks }) => {
    const organization = await webhooks.customer('Later')
    const { id } = await webhooks.endpoint()
    await webhooks.receiver.goDown()
    webhooks.relay()
    await webhooks.rename(organization, 2)
    await expect
      .poll(async () => (await webhooks.log(id)).at(-1), until)
      .toMatchObject({ status: 'pending', lastError: 'connection_refused', lastHttpStatus: null })
    await webhooks.receiver.comeBack()
    await expect.poll(() => webhooks.versions(organization), until).toEqual([2, 3])
  })

  test('A delivery has failed after its last attempt, and the next event is delivered', async ({
    webhooks,
  }) => {
    const organization = await webhooks.customer('Refused')
    const { id } = await webhooks.endpoint()
    webhooks.receiver.answer(({ data }) => (data.version === 2 ? 503 : 204))
    webhooks.relay({ schedule: [50, 50] })
    await webhooks.rename(organization, 2)
    await expect.poll(() => webhooks.versions(organization), until).toEqual([2, 2, 2, 3])
    // The receiver counts the event before the relay records the answer.
    await expect
      .poll(() => webhooks.log(id), until)
      .toMatchObject([
        { status: 'delivered', attempts: 1, lastHttpStatus: 204 },
        { status: 'failed', attempts: 3, lastHttpStatus: 503, nextAttemptAt: null },
      ])
  })

  test('A failed delivery is retried no sooner than the Retry-After header of the receiver says', async ({
    webhooks,
  }) => {
    const organization = await webhooks.customer('Slowly')
    const { id } = await webhooks.endpoint()
    webhooks.receiver.answer((_, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end()
      return undefined
    })
    webhooks.relay()
    await webhooks.rename(organization, 1)
    await expect.poll(async () => (await webhooks.log(id))[0]?.lastHttpStatus, until).toBe(429)
    const [delivery] = await webhooks.log(id)
    const pause = Date.parse(String(delivery?.nextAttemptAt)) - Date.parse(String(delivery?.lastAttemptAt))
    expect(pause).toBeGreaterThanOrEqual(3_600_000)
    expect(pause).toBeLessThan(3_700_000)
  })

  test('A redirect is a failure and is not followed', async ({ webhooks }) => {
    const organization = await webhooks.customer('Elsewhere')
    const { id } = await webhooks.endpoint()
    webhooks.receiver.answer((_, response) => {
      response.writeHead(307, { location: webhooks.receiver.url }).end()
      return undefined
    })
    webhooks.relay({ schedule: [] })
    await webhooks.rename(organization, 1)
    await expect
      .poll(async () => (await webhooks.log(id))[0], until)
      .toMatchObject({ status: 'failed', lastHttpStatus: 307 })
    expect(webhooks.receiver.received).toHaveLength(1)
  })

  test('The answer 410 disables the endpoint, and a person can enable it again', async ({ webhooks }) => {
    const organization = await webhooks.customer('Gone')
    const { id } = await webhooks.endpoint()
    webhooks.receiver.answer(() => 410)
    webhooks.relay()
    await webhooks.rename(organization, 1)
    const address = `/v1/webhook-endpoints/${id}`
    await expect
      .poll(async () => (await webhooks.api.get(address)).body, until)
      .toMatchObject({ enabled: false, disabledReason: 'gone' })
    expect((await webhooks.api.send('POST', `${address}/test`)).status).toBe(409)
    await webhooks.rename(organization, 1)
    webhooks.receiver.answer(() => 204)
    const enabled = await webhooks.api.patch(address, { enabled: true })
    expect(enabled.body).toMatchObject({ enabled: true, disabledReason: null })
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.versions(organization), until).toEqual([2, 4])
  })
})
