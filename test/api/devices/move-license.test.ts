import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceExamples } from '../../../api/devices/schemas.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'
import { deviceCalls, expectRefusal, namesIn } from './device-calls.ts'

let api: ApiUnderTest
let calls: ReturnType<typeof deviceCalls>
beforeAll(async () => {
  api = await startApi()
  calls = deviceCalls(api)
})
afterAll(() => api.close())

describe('a license that is moved', () => {
  test('goes to the new device, also when the pool is full', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    const { body: old } = await calls.add(account, deviceExamples.laptop)
    const moved = await calls.move(old.id, deviceExamples.replacement)
    expect([moved.status, moved.headers.location]).toEqual([201, `/v1/devices/${String(moved.body.id)}`])
    expect(moved.body).toMatchObject({ ...deviceExamples.replacement, organizationId: account })
    expect(moved.body.id).not.toBe(old.id)
    expect((await calls.read(old.id)).removedAt).not.toBeNull()
    expect(namesIn(await calls.list(account))).toEqual([deviceExamples.replacement.name])
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, available: 0, usedThisMonth: 2 })
  })

  test('is moved once, however often that is sent', async () => {
    const account = await calls.anAccount({ licenses: 2 })
    const { body: old } = await calls.add(account)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => calls.move(old.id, deviceExamples.replacement)),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(9)
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1 })
  })

  test('is not there any more when the device was removed', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account)
    await calls.remove(old.id)
    expectRefusal(await calls.move(old.id), 'device_removed', /Add the new device/)
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 0 })
  })

  test('does not go to a device that has one', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account)
    await calls.add(account, deviceExamples.laptop)
    expectRefusal(await calls.move(old.id, deviceExamples.laptop), 'device_exists', /remove the old device/)
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 2 })
  })

  test('to the device that has it only renames that', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account, deviceExamples.laptop)
    const moved = await calls.move(old.id, { ...deviceExamples.laptop, name: 'Reinstalled' })
    expect([moved.status, moved.body.id, moved.body.name]).toEqual([200, old.id, 'Reinstalled'])
  })
})
