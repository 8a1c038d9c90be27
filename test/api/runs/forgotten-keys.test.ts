import { afterAll, expect, test } from 'vitest'
import { http } from '../../../plugins/http/plugin.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())
const { api } = await startEngineForFile({
  plugins: [http({ url: provider.url, secret: providerSecret })],
})

test.each(['ensureCustomer', 'ensureSubscription'])(
  'A %s whose answer was lost is not sent again, although the provider has forgotten its key',
  async (operation) => {
    const sent = () => provider.received.filter(({ body }) => body.operation === operation).length
    const before = sent()
    provider.behave((call) => {
      provider.books.forgetKeys()
      return call.operation === operation && sent() === before + 1 ? 'answer lost' : undefined
    })
    const { body } = await api.addAccount(anAccountBody({ plan: { kind: 'trial', billingAdapter: 'http' } }))
    expect(body.status).toBe('completed')
    expect(sent() - before).toBe(1)
    expect(provider.books.openedFor(body.organizationId)).toBe(1)
  },
)
