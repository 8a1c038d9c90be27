import { describe, expect, test } from 'vitest'
import { deviceExamples } from '../../../api/devices/schemas.ts'
import { startApiForFile } from '../api-under-test.ts'
import { deviceCalls, expectRefusal, namesIn } from './device-calls.ts'

const api = await startApiForFile()
const calls = deviceCalls(api)

describe('Moving a license', () => {
  test('A license moves to the new device, even if the pool is full', async () => {
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

  test('Ten requests at once to move a license move it once', async () => {
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

  test('The license of a removed device can not be moved', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account)
    await calls.remove(old.id)
    expectRefusal(await calls.move(old.id), 'device_removed', /Add the new device/)
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 0 })
  })

  test('A license can not be moved to a device that has one', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account)
    await calls.add(account, deviceExamples.laptop)
    expectRefusal(await calls.move(old.id, deviceExamples.laptop), 'device_exists', /remove the old device/)
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 2 })
  })

  test('A move to the device that holds the license only renames the device', async () => {
    const account = await calls.anAccount({})
    const { body: old } = await calls.add(account, deviceExamples.laptop)
    const moved = await calls.move(old.id, { ...deviceExamples.laptop, name: 'Reinstalled' })
    expect([moved.status, moved.body.id, moved.body.name]).toEqual([200, old.id, 'Reinstalled'])
  })
})
