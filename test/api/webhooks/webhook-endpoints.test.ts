import { describe, expect, test } from 'vitest'
import { webhookExamples } from '../../../api/webhooks/schemas.ts'
import { findTargetProblem } from '../../../domain/webhooks/webhook-target.ts'
import { anOrganization } from '../../builders/organization.ts'
import { type Answer, firstTwoPages, idsOf, itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()
const earlier = await anOrganization(api.db, api.platformId)
const partner = await anOrganization(api.db, api.platformId)
const partnerKey = await api.keyFor(partner)

const create = (organization: string, body: unknown, key = api.key): Promise<Answer> =>
  api.post(`/v1/organizations/${organization}/webhook-endpoints`, body, { key })

describe('Webhook endpoints', () => {
  test('An endpoint can be created, read, changed and deleted, and shows its secret only when it is created', async () => {
    const made = await create(partner, webhookExamples.create)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      organizationId: partner,
      enabled: true,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      ...webhookExamples.create,
    })
    const address = String(made.headers.location)
    const read = await api.get(address)
    const { secret, ...rest } = made.body
    expect(read.body).toEqual(rest)
    expect(itemsOf(await api.get(`/v1/organizations/${partner}/webhook-endpoints`))).toEqual([rest])
    const changed = await api.patch(address, { ...webhookExamples.disable, events: null })
    expect(changed.body).toMatchObject({
      enabled: false,
      disabledReason: 'asked',
      events: null,
      url: rest.url,
    })
    expect(JSON.stringify(changed.body)).not.toContain(secret)
    expect((await api.send('DELETE', address)).status).toBe(204)
    expect((await api.get(address)).status).toBe(404)
  })

  test('An organization has at most twenty endpoints, even if more are created at once', async () => {
    const organization = await anOrganization(api.db, api.platformId)
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => create(organization, { url: 'https://8.8.8.8/' })),
    )
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      Array.from({ length: 5 }, () => [409, 'too_many_endpoints']),
    )
  })

  test('An endpoint outside the subtree, its log and its deliveries are answered with 404', async () => {
    const later = await anOrganization(api.db, api.platformId)
    for (const neighbour of [earlier, later, 'root']) {
      const elsewhere = await create(neighbour, { url: 'https://203.0.113.7.example/' })
      const address = `/v1/webhook-endpoints/${String(elsewhere.body.id)}`
      const { body: delivery } = await api.send('POST', `${address}/test`)
      const key = partnerKey
      const answers = await Promise.all([
        create(neighbour, { url: 'https://example.com/' }, key),
        api.get(`/v1/organizations/${neighbour}/webhook-endpoints`, { key }),
        api.get(address, { key }),
        api.patch(address, {}, { key }),
        api.send('DELETE', address, { key }),
        api.send('POST', `${address}/rotate-secret`, { key }),
        api.send('POST', `${address}/test`, { key }),
        api.get(`${address}/deliveries`, { key }),
        api.send('POST', `/v1/webhook-deliveries/${String(delivery.id)}/redeliver`, { key }),
      ])
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 404))
      expect((await api.get(address)).status).toBe(200)
    }
  })

  test('A partner creates and tests an endpoint of an organization below it', async () => {
    const below = await anOrganization(api.db, partner, { type: 'customer' })
    const made = await create(below, { url: 'https://example.com/' }, partnerKey)
    const address = String(made.headers.location)
    const sent = await api.send('POST', `${address}/test`, { key: partnerKey })
    expect([sent.status, sent.body]).toMatchObject([202, { type: 'webhook.test', status: 'pending' }])
    const log = await api.get(`${address}/deliveries?status=pending`, { key: partnerKey })
    expect(itemsOf(log)).toEqual([sent.body])
  })

  test('The log of an endpoint is read page by page, newest first', async () => {
    const { body: made } = await create(partner, { url: 'https://example.com/' })
    const ids: unknown[] = []
    for (let count = 0; count < 3; count += 1) {
      ids.unshift((await api.send('POST', `/v1/webhook-endpoints/${String(made.id)}/test`)).body.id)
    }
    const url = `/v1/webhook-endpoints/${String(made.id)}/deliveries?limit=2`
    const [first, second] = await firstTwoPages(api, url)
    expect(idsOf([...itemsOf(first), ...itemsOf(second)])).toEqual(ids)
    expect(second.body.nextCursor).toBeNull()
  })
})

describe('Invalid endpoints', () => {
  const refused = [
    'http://example.com/',
    'ftp://example.com/',
    'example.com',
    'https://user:password@example.com/',
    'https://example.com/#part',
    'https://10.1.2.3/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://0xa010203/',
    'https://167838211/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[fd00::1]/',
    'https://0.0.0.0/',
    'https://internal.localhost/',
  ]
  test.each(refused)('The url %s is refused for a new endpoint and for a change', async (url) => {
    const made = await create(partner, { url })
    expect([made.status, pointersOf(made)]).toEqual([422, ['/url']])
    const { body } = await create(partner, { url: 'https://example.com/' })
    const changed = await api.patch(`/v1/webhook-endpoints/${String(body.id)}`, { url })
    expect([changed.status, pointersOf(changed)]).toEqual([422, ['/url']])
  })

  test('An endpoint with unknown events or fields is refused by their pointers', async () => {
    const url = 'https://example.com/'
    expect(pointersOf(await create(partner, { url, events: ['onboarding.done'] }))).toEqual(['/events/0'])
    expect(pointersOf(await create(partner, { url, events: [] }))).toEqual(['/events'])
    expect(pointersOf(await create(partner, { events: null, secret: 'mine' }))).toEqual(['/url', '/secret'])
  })

  test('A url of this machine is allowed only if the API itself listens only there', async () => {
    for (const url of ['http://localhost:9/', 'http://127.0.0.1:9/', 'https://[::1]:9/']) {
      expect(await findTargetProblem(url, { allowLoopback: true })).toBeUndefined()
      expect(await findTargetProblem(url, { allowLoopback: false })).toBeDefined()
    }
  })

  test.each([
    [
      'one public address and one private',
      ['8.8.8.8', '10.0.0.1'],
      'Use a host that can be reached from the Internet.',
    ],
    ['a mapped private address', ['::ffff:10.0.0.1'], 'Use a host that can be reached from the Internet.'],
    ['public addresses only', ['8.8.8.8', '2606:4700:4700::1111'], undefined],
  ])('Every address of the name is checked: %s', async (_, addresses, problem) => {
    const resolve = async () => addresses.map((address) => ({ address, family: 0 }))
    const rules = { allowLoopback: true, resolve }
    expect(await findTargetProblem('https://receiver.example/', rules)).toBe(problem)
  })

  test('A name without an address is allowed', async () => {
    const rules = { allowLoopback: false, resolve: () => Promise.reject(new Error('unknown')) }
    expect(await findTargetProblem('https://receiver.example/', rules)).toBeUndefined()
  })
})
