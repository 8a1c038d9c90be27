import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { rowsOf } from '../../builders/rows.ts'
import { tries } from '../../stack/extent.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'

const provider = memoryBilling()
const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const planAt = (billingAdapter: string) => ({ kind: 'purchased', licenses: 5, billingAdapter })
const open = async (id: string): Promise<{ id: string; status: string }[]> => {
  const { items } = (await api.get(`/v1/operations?organizationId=${id}`)).body
  return items.filter(({ status }: { status: string }) => !/completed|cancelled|failed/.test(status))
}

const names = ['Quick', 'Brown', 'Held', 'Held too'] as const
const rename = fc.record({ to: fc.constantFrom(...names), answerLost: fc.boolean() })
const move = fc.record({ provider: fc.constantFrom('memory', 'ledger') })
const action = fc.oneof({ weight: 3, arbitrary: rename }, { weight: 1, arbitrary: move })

test('After any renames and moves, the organization and its provider have the last accepted name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 6 }), async (actions) => {
      const { promise: gate, resolve: answerHeld } = Promise.withResolvers<void>()
      provider.beforeName = (name) => (name.startsWith('Held') ? gate : Promise.resolve())
      provider.loseNextAnswer = false
      const id = (await api.addAccount(anAccountBody({ plan: planAt('memory') }))).body.organizationId
      // The model: a rename that was accepted is the name, and one that was refused changes nothing.
      let expected = 'Northwind Traders'
      for (const one of actions) {
        if ('provider' in one) {
          await api.put(`/v1/organizations/${id}/plan`, planAt(one.provider), { prefer: 'wait=1' })
          continue
        }
        provider.loseNextAnswer ||= one.answerLost
        const { status } = await api.patch(`/v1/organizations/${id}`, { name: one.to }, { 'if-match': '*' })
        expect([200, 409]).toContain(status)
        if (status === 200) expected = one.to
      }
      answerHeld()
      await expect
        .poll(async () => {
          const left = await open(id)
          for (const run of left.filter(({ status }) => status === 'needs_attention'))
            await api.post(`/v1/operations/${run.id}/retry`)
          return left
        })
        .toEqual([])
      const { plan } = (await api.get(`/v1/organizations/${id}/licenses`)).body
      const customers = await rowsOf(engine.db, 'ledger_records', { organization_id: id, kind: 'customer' })
      const [subscription] = await rowsOf(engine.db, 'subscriptions', { organization_id: id })
      const atLedger = customers.find((one) => one.id === subscription?.external_customer_id)
      const atProvider = plan.billingAdapter === 'memory' ? provider.names.get(id) : atLedger?.customer_name
      const organization = (await api.get(`/v1/organizations/${id}`)).body.name
      expect({ organization, atProvider }).toEqual({ organization: expected, atProvider: expected })
    }),
    { ...tries(12), endOnFailure: true },
  )
})
