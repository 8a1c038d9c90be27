import { describe, expect, test } from 'vitest'
import { deviceExamples } from '../../../api/devices/schemas.ts'
import { firstTwoPages, itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'
import { deviceCalls, expectRefusal, namesIn } from './device-calls.ts'

const api = await startApiForFile()
const calls = deviceCalls(api)

describe('Adding a device', () => {
  test('A new device takes a license, and the answer has its address', async () => {
    const account = await calls.anAccount({ licenses: 2 })
    const added = await calls.add(account, deviceExamples.laptop)
    expect(added.status).toBe(201)
    expect(added.body).toMatchObject({
      ...deviceExamples.laptop,
      id: expect.stringMatching(/^dev_/),
      organizationId: account,
      poolOrganizationId: account,
      assignedAt: expect.stringMatching(/^2/),
      removedAt: null,
    })
    expect(added.headers.location).toBe(`/v1/devices/${String(added.body.id)}`)
    expect(await calls.read(added.body.id)).toEqual(added.body)
    const used = { allocated: 2, assigned: 1, available: 1, usedThisMonth: 1 }
    expect(await calls.licensesOf(account)).toMatchObject(used)
  })

  test('A device with invalid fields is refused by their pointers', async () => {
    const account = await calls.anAccount({})
    const answer = await calls.add(account, { name: ' ', hostname: 3, serial: 'x' })
    expect(answer.status).toBe(422)
    expect(pointersOf(answer).toSorted()).toEqual(['/hostname', '/name', '/serial'])
    expect((await api.send('POST', `/v1/organizations/${account}/devices`)).status).toBe(422)
  })

  test('A device takes a license of a purchased plan without a limit', async () => {
    const account = await calls.anAccount({ licenses: null })
    expect((await calls.add(account)).status).toBe(201)
    expect(await calls.licensesOf(account)).toMatchObject({ allocated: null, assigned: 1, available: null })
  })
})

describe('A device with an external id', () => {
  test('A device that is sent twenty times at once takes one license, even if it is the last one', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => calls.add(account, { name: 'Laptop', externalId: 'a-1' })),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 19 }, () => 200),
      201,
    ])
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, available: 0 })
  })

  test('A device that is sent with another name is renamed and keeps its other fields', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    const { body } = await calls.add(account, { name: 'Laptop', hostname: 'lap-1', externalId: 'a-1' })
    const again = await calls.add(account, { name: 'Renamed', externalId: 'a-1' })
    expect([again.status, again.body]).toEqual([200, { ...body, name: 'Renamed' }])
    expect(await calls.read(body.id)).toEqual(again.body)
  })

  test('The same external id in another organization is another device', async () => {
    const [one, other] = [await calls.anAccount({}), await calls.anAccount({})]
    const ids = [await calls.add(one, deviceExamples.laptop), await calls.add(other, deviceExamples.laptop)]
    expect(new Set(ids.map(({ body }) => body.id)).size).toBe(2)
  })

  test('A removed device that is added again is the same device and counts once in the month', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    const first = await calls.add(account, deviceExamples.laptop)
    await calls.remove(first.body.id)
    const back = await calls.add(account, deviceExamples.laptop)
    expect([back.status, back.body.id, back.body.removedAt]).toEqual([201, first.body.id, null])
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, usedThisMonth: 1 })
  })
})

describe('Removing a device', () => {
  test('A removed device frees its license, counts as used in the month, and can still be read', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    const { body: added } = await calls.add(account)
    const removed = await calls.remove(added.id)
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect(await calls.licensesOf(account)).toMatchObject({ assigned: 0, available: 1, usedThisMonth: 1 })
    expect(await calls.read(added.id)).toEqual({ ...added, removedAt: expect.stringMatching(/^2/) })
    expect(namesIn(await calls.list(account))).toEqual([])
    expect((await calls.add(account)).status).toBe(201)
  })

  test('A device that is removed twice stays removed since the first time', async () => {
    const account = await calls.anAccount({})
    const { body: added } = await calls.add(account)
    await calls.remove(added.id)
    const once = await calls.read(added.id)
    expect((await calls.remove(added.id)).status).toBe(204)
    expect(await calls.read(added.id)).toEqual(once)
  })
})

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

test('Devices are listed page by page, and found by a part of their name, hostname or external id', async () => {
  const account = await calls.anAccount({})
  const named = [{ name: '100%' }, { name: 'B', hostname: 'pc-B' }, { name: 'C', externalId: 'Asset_7' }]
  for (const body of named) await calls.add(account, body)
  const [first, second] = await firstTwoPages(api, `/v1/organizations/${account}/devices?limit=2`)
  expect([namesIn(first), namesIn(second)]).toEqual([['100%', 'B'], ['C']])
  expect(namesIn(await calls.list(account, '?q=PC-b'))).toEqual(['B'])
  expect(namesIn(await calls.list(account, '?q=t_7'))).toEqual(['C'])
  expect(namesIn(await calls.list(account, `?q=${encodeURIComponent('%')}`))).toEqual(['100%'])
  expect((await calls.list(account, '?cursor=abc')).status).toBe(400)
  expect((await calls.list(account, '?name=B')).status).toBe(400)
})

test('A device of another partner is answered with 404', async () => {
  const [mine, theirs] = [await calls.anAccount({}, 'partner'), await calls.anAccount({}, 'partner')]
  const key = await api.keyFor(mine)
  const { body: device } = await calls.add(theirs)
  const body = { name: 'Mine' }
  for (const id of [String(device.id), 'dev_nothing', theirs]) {
    const url = `/v1/devices/${id}`
    expect((await api.get(url, { key })).status).toBe(404)
    expect((await api.send('DELETE', url, { key })).status).toBe(404)
    expect((await api.post(`${url}/move`, body, { key })).status).toBe(404)
  }
  const devices = `/v1/organizations/${theirs}/devices`
  expect((await api.get(devices, { key })).status).toBe(404)
  expect((await api.post(devices, body, { key })).status).toBe(404)
  expect(await calls.read(device.id)).toEqual(device)
  expect((await api.post(`/v1/organizations/${mine}/devices`, body, { key })).status).toBe(201)
})

test('The activity of an organization lists added, moved and removed devices with the actor', async () => {
  const account = await calls.anAccount({})
  const { body: old } = await calls.add(account, deviceExamples.laptop)
  await calls.add(account, deviceExamples.laptop)
  const { body: replacement } = await calls.move(old.id)
  await calls.remove(replacement.id)
  await calls.remove(replacement.id)
  const activity = itemsOf(await api.get(`/v1/organizations/${account}/activity`))
  expect(activity.map(({ data }) => data)).toEqual([
    { fields: { device: { from: replacement.id, to: null } } },
    { fields: { device: { from: old.id, to: replacement.id } } },
    { fields: { device: { from: null, to: old.id } } },
  ])
  expect(activity[0]).toMatchObject({ type: 'organization', actor: expect.stringMatching(/^key_/) })
})
