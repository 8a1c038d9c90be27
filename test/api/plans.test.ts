import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anAccountBody } from '../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { type Engine, startEngine } from '../stack/tenantry.ts'

let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const wait = { prefer: 'wait=20' }

async function account(plan: Record<string, unknown> = { kind: 'trial', licenses: 3 }): Promise<string> {
  const { body } = await api.addAccount(anAccountBody({ plan }))
  return body.organizationId
}

const changePlan = (id: string, body: unknown, query = '') =>
  api.send('PUT', `/v1/organizations/${id}/plan${query}`, body, wait)
const licensesOf = async (id: string) => (await api.send('GET', `/v1/organizations/${id}/licenses`)).body

describe('a trial', () => {
  test('is converted by one call, after a preview that does nothing', async () => {
    const id = await account()
    const preview = await changePlan(id, { kind: 'purchased', licenses: 10 }, '?validateOnly=true')
    expect(preview.status).toBe(200)
    expect(preview.body.steps.map((step: { id: string }) => step.id)).toEqual([
      'check-plan-change',
      'change-plan-at-provider',
      'apply-plan',
    ])
    expect(await licensesOf(id)).toMatchObject({ allocated: 3, plan: { kind: 'trial' } })

    const changed = await changePlan(id, { kind: 'purchased', licenses: 10 })
    expect([changed.status, changed.body.status]).toEqual([200, 'completed'])
    expect(await licensesOf(id)).toMatchObject({
      allocated: 10,
      plan: { kind: 'purchased', trialEndsAt: null },
    })
  })
})
