import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { tries } from '../../stack/extent.ts'
import { startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()

const accounts = '/v1/organizations/root/accounts'

const mostly = <Valid, Other>(valid: fc.Arbitrary<Valid>, other: fc.Arbitrary<Other>) =>
  fc.oneof({ weight: 6, arbitrary: valid }, { weight: 1, arbitrary: other })
const anyText = fc.string({ unit: 'binary', maxLength: 250 })

/** Bodies with mostly valid fields, so that each rule is both kept and broken. */
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

describe('Random bodies of accounts', () => {
  it('A random body of an account is accepted, or refused with a problem document', async () => {
    const seen = new Set<number>()
    await fc.assert(
      fc.asyncProperty(mostly(nearlyValid, fc.jsonValue()), async (body) => {
        const { status, body: answer, headers } = await api.post(accounts, body)
        seen.add(status)
        expect([202, 400, 422]).toContain(status)
        if (status === 202) return
        expect(headers['content-type']).toContain('application/problem+json')
        expect(answer).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) })
        // 400 is the answer to a body that is not valid JSON or sets a prototype. It names no field.
        if (status === 400) return
        for (const { pointer } of answer.errors as { pointer: string }[]) expect(pointer).toMatch(/^(\/.*)?$/)
      }),
      tries(400),
    )
    // The property is worth little unless the generator reaches both answers.
    expect([...seen]).toEqual(expect.arrayContaining([202, 422]))
  })

  it('A dry run accepts a body exactly if the request does, and has no effect', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyValid, async (body) => {
        const before = await countRuns()
        const dryRun = await api.post(`${accounts}?dryRun=true`, body)
        expect(await countRuns()).toBe(before)
        const real = await api.post(accounts, body)
        expect(real.status === 202).toBe(dryRun.status === 200 && dryRun.body.valid === true)
      }),
      tries(100),
    )
  })

  it('Random bytes are refused with 400 or 422', async () => {
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

describe('Random bodies of devices', () => {
  it('A random device is refused, or takes a license and is read as it was answered', async () => {
    const account = await anOrganization(api.db, api.platformId)
    await aPlan(api.db, account, { licenses: null })
    const field = mostly(fc.constantFrom('Laptop', 'Ünïcode & Søns'), fc.oneof(anyText, fc.jsonValue()))
    const device = fc.record({ name: field, hostname: field, externalId: field }, { requiredKeys: ['name'] })
    const seen = new Set<number>()
    await fc.assert(
      fc.asyncProperty(mostly(device, fc.jsonValue()), async (body) => {
        const { status, body: answer } = await api.post(`/v1/organizations/${account}/devices`, body)
        seen.add(status)
        expect([200, 201, 400, 422]).toContain(status)
        if (status >= 400) return
        const read = await api.get(`/v1/devices/${String(answer.id)}`)
        expect(read.body).toEqual(answer)
      }),
      tries(300),
    )
    expect([...seen]).toEqual(expect.arrayContaining([200, 201, 422]))
  })
})

describe('Random idempotency keys', () => {
  it('A random idempotency key is accepted, or refused by the pointer of the header', async () => {
    const body = { type: 'partner', company: { name: 'Fuzzed', state: 'TX' } }
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300 }), async (key) => {
        const { status, body: answer } = await api.post(accounts, body, {
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

async function countRuns(): Promise<number> {
  return (await api.db.selectFrom('runs').select('id').execute()).length
}
