import type { ProviderSubject } from '../../../plugins/conformance/kits.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { type BillingProvider, providerSecret } from '../../plugins/http/billing-provider.ts'

const wrongSecret = 'whsec_YW5vdGhlci1zZWNyZXQtdGhhdC1ub2JvZHkta25vd3M='
const patience = 700

/** The billing adapter `http`, connected to the billing provider of the tests. */
export function httpSubject(provider: BillingProvider): ProviderSubject {
  return {
    providerUrl: provider.url,
    connect: (url) => http({ url, secret: providerSecret, patience }),
    connectWithWrongCredentials: (url) => http({ url, secret: wrongSecret, patience }),
    countEffects: async () => provider.books.effects(),
    customerName: async (externalId) => provider.books.nameOf(externalId),
    forgetKeys: async () => provider.books.forgetKeys(),
    callWithBadInput: (adapter, call) => adapter.ensureCustomer(call, { organizationId: 'org_1', name: '' }),
    secrets: [providerSecret, wrongSecret],
    patience,
  }
}
