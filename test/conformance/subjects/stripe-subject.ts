import { z } from 'zod'
import type { ProviderSubject } from '../../../plugins/conformance/kits.ts'
import { stripe } from '../../../plugins/stripe/plugin.ts'
import { prices, purchased } from '../../builders/stripe-account.ts'
import { webhookSecret } from '../../builders/stripe-event.ts'
import type { StripeWithState } from '../../stack/stripe/gaps.ts'

const secretKey = 'sk_test_12345'
const wrongKey = 'rk_wrong_9876'
const patience = 1_500

/** The billing adapter `stripe`, connected to a Stripe server with state. */
export function stripeSubject(server: StripeWithState): ProviderSubject {
  const connect = (apiBase: string, key: string) =>
    stripe({ secretKey: key, apiBase, prices, webhookSecret, patience })
  return {
    providerUrl: server.url,
    connect: (url) => connect(url, secretKey),
    connectWithWrongCredentials: (url) => connect(url, wrongKey),
    countEffects: async () => server.effects().length,
    async customerName(externalId) {
      const address = new URL(`/v1/customers/${externalId}`, server.url)
      const response = await fetch(address, { headers: { authorization: `Bearer ${secretKey}` } })
      return z.object({ name: z.string() }).safeParse(await response.json()).data?.name
    },
    forgetKeys: async () => server.forgetKeys(),
    callWithBadInput: (adapter, call) =>
      adapter.ensureSubscription(call, {
        organizationId: 'org_1',
        customerExternalId: 'cus_nobody',
        plan: purchased,
      }),
    secrets: [secretKey, wrongKey, webhookSecret],
    patience,
  }
}
