import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import type { ProviderSubject } from '../../../plugins/conformance/kits.ts'
import type { RecordsService } from '../../examples/records-service.ts'

export const recordsToken = 'token-of-the-records-service'
const wrongToken = 'wrong-token'
const patience = 700

/** The billing adapter of the example, connected to the records service. */
export function flatFeeSubject(service: RecordsService): ProviderSubject {
  const connect = (url: string, token: string) =>
    approvalAndFlatFee({ url, token, amount: 4_900, currency: 'EUR', patience })
  return {
    providerUrl: service.url,
    connect: (url) => connect(url, recordsToken),
    connectWithWrongCredentials: (url) => connect(url, wrongToken),
    countEffects: async () => service.records.size,
    secrets: [recordsToken, wrongToken],
    patience,
  }
}
