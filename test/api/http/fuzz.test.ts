import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { tries } from '../../stack/extent.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const accounts = '/v1/organizations/root/accounts'

const mostly = <Valid, Other>(valid: fc.Arbitrary<Valid>, other: fc.Arbitrary<Other>) =>
  fc.oneof({ weight: 6, arbitrary: valid }, { weight: 1, arbitrary: other })
const anyText = fc.string({ unit: 'binary', maxLength: 250 })

/** Bodies near the truth: the right fields with nearly the right things in them, so each rule is met from both sides. */
const nearlyValid = fc.record({
  type: mostly(fc.constantFrom('customer', 'partner', 'enterprise'), fc.jsonValue()),
  company: mostly(
    fc.record(
      {
        name: mostly(fc.constantFrom('Fuzzed', 'A', 'Ünïcode & Søns'), anyText),
        state: mostly(fc.constantFrom('TX', 'Texas', 'us-tx'), anyText),
        country: mostly(fc.constantFrom('US', 'us'), fc.jsonValue()),
        website: mostly(fc.constant('https://fuzzed.example/'), fc.string()),
        notes: mostly(fc.string(), anyText),
      },
      { requiredKeys: ['name', 'state'] },
    ),
    fc.jsonValue(),
  ),
  plan: mostly(
    fc.record(
      {
        kind: mostly(fc.constantFrom('trial', 'purchased'), fc.string()),
        licenses: mostly(fc.integer({ min: 1, max: 100_000 }), fc.double()),
        billingAdapter: mostly(fc.constant('ledger'), fc.string()),
      },
      { requiredKeys: ['kind'] },
    ),
    fc.jsonValue(),
  ),
})

describe('whatever is sent as an account', () => {
  it('is accepted or refused in words, and never answered with a failure of ours', async () => {
    const seen = new Set<number>()
    await fc.assert(
      fc.asyncProperty(mostly(nearlyValid, fc.jsonValue()), async (body) => {
        const { status, body: answer, headers } = await api.send('POST', accounts, { body })
        seen.add(status)
        expect([202, 400, 422]).toContain(status)
        if (status === 202) return
        expect(headers['content-type']).toContain('application/problem+json')
        expect(answer).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) })
        // 400 is for what is no body at all, such as one that reaches for a prototype: there is no field to name.
        if (status === 400) return
        for (const { pointer } of answer.errors as { pointer: string }[]) expect(pointer).toMatch(/^(\/.*)?$/)
      }),
      tries(400),
    )
    // The generator has to reach both sides, or the property says little.
    expect([...seen]).toEqual(expect.arrayContaining([202, 422]))
  })

  it('gets from the dry run the same verdict as from the request, without any effect', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyValid, async (body) => {
        const before = await countOnboardings()
        const dryRun = await api.send('POST', `${accounts}?dryRun=true`, { body })
        expect(await countOnboardings()).toBe(before)
        const real = await api.send('POST', accounts, { body })
        expect(real.status === 202).toBe(dryRun.status === 200 && dryRun.body.valid === true)
      }),
      tries(100),
    )
  })

  it('may be any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const { statusCode } = await api.app.inject({
          method: 'POST',
          url: accounts,
          headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
          payload: Buffer.from(bytes),
        })
        expect([400, 422]).toContain(statusCode)
      }),
      tries(200),
    )
  })
})

describe('whatever is sent as a device', () => {
  it('takes a license or is refused in words, and is then read as it was sent', async () => {
    const account = await anOrganization(api.db, api.platformId)
    await aPlan(api.db, account, { licenses: null })
    const field = mostly(fc.constantFrom('Laptop', 'Ünïcode & Søns'), fc.oneof(anyText, fc.jsonValue()))
    const device = fc.record({ name: field, hostname: field, externalId: field }, { requiredKeys: ['name'] })
    const seen = new Set<number>()
    await fc.assert(
      fc.asyncProperty(mostly(device, fc.jsonValue()), async (body) => {
        const { status, body: answer } = await api.send('POST', `/v1/organizations/${account}/devices`, {
          body,
        })
        seen.add(status)
        expect([200, 201, 400, 422]).toContain(status)
        if (status >= 400) return
        const read = await api.send('GET', `/v1/devices/${String(answer.id)}`)
        expect(read.body).toEqual(answer)
      }),
      tries(300),
    )
    expect([...seen]).toEqual(expect.arrayContaining([200, 201, 422]))
  })
})

describe('whatever is sent as an idempotency key', () => {
  it('is honoured or refused, naming the header', async () => {
    const body = { type: 'partner', company: { name: 'Fuzzed', state: 'TX' } }
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300 }), async (key) => {
        const { status, body: answer } = await api.send('POST', accounts, {
          body,
          headers: { 'idempotency-key': key },
        })
        expect([202, 400]).toContain(status)
        if (status === 400) {
          expect(answer.errors).toMatchObject([{ pointer: '/headers/idempotency-key' }])
        }
      }),
      tries(100),
    )
  })
})

async function countOnboardings(): Promise<number> {
  return (await api.db.selectFrom('runs').select('id').execute()).length
}
