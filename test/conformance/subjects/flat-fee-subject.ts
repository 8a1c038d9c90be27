import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import { z } from 'zod'
import type { ProviderSubject } from '../../../plugins/conformance/kits.ts'
import type { RecordsService } from '../../examples/records-service.ts'

export const recordsToken = 'token-of-the-records-service'
const wrongToken = 'wrong-token'
const patience = 700
const named = z.object({ name: z.string() })

/** The billing adapter of the example, connected to the records service. */
export function flatFeeSubject(service: RecordsService): ProviderSubject {
  const connect = (url: string, token: string) =>
    approvalAndFlatFee({ url, token, amount: 4_900, currency: 'EUR', patience })
  return {
    providerUrl: service.url,
    connect: (url) => connect(url, recordsToken),
    connectWithWrongCredentials: (url) => connect(url, wrongToken),
    countEffects: async () => service.records.size,
    async customerName(externalId) {
      const records = [...service.records.values()].filter((stored) => stored.externalId === externalId)
      return records.flatMap(({ customer }) => named.safeParse(customer).data?.name ?? []).at(-1)
    },
    secrets: [recordsToken, wrongToken],
    patience,
  }
}
