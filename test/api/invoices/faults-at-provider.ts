import type { BillingProvider, Fault, ReceivedCall } from '../../plugins/http/billing-provider.ts'

/** How a provider misbehaves towards one account. */
export interface Misbehaviour {
  /** The first call that fails. */
  at: string
  first: NonNullable<Fault>
  /** The fault of every later call, until the provider is mended. */
  after: Fault
}

/** Makes a provider fail for some accounts and work for all others. It forgets the idempotency key of each call at once. */
export function faultsAt(provider: BillingProvider) {
  const misbehaving = new Map<string, { how: Misbehaviour; begun: boolean }>()
  const ownerOfRun = new Map<string, string>()
  provider.behave((call) => {
    provider.books.forgetKeys()
    const owner = ownerOf(call, ownerOfRun)
    const found = misbehaving.get(owner ?? '')
    if (found === undefined) return undefined
    if (found.begun) return found.how.after
    found.begun = call.operation === found.how.at
    return found.begun ? found.how.first : undefined
  })
  return {
    set: (organizationId: string, how: Misbehaviour) =>
      void misbehaving.set(organizationId, { how, begun: false }),
    /** Whether a call for the account has failed. */
    begun: (organizationId: string) => misbehaving.get(organizationId)?.begun ?? false,
    mend: (organizationId: string) => void misbehaving.delete(organizationId),
  }
}

/** Finds the account of a call. A lookup names no account, but the run of an earlier call. */
function ownerOf({ key, data }: ReceivedCall['body'], ownerOfRun: Map<string, string>): string | undefined {
  const run = key.split(':')[0] ?? key
  const organizationId = data.organizationId ?? data.subscription?.organizationId
  if (organizationId !== undefined) ownerOfRun.set(run, organizationId)
  return ownerOfRun.get(run)
}
