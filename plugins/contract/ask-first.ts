import type { BillingAdapter, BillingAnswer, BillingCall } from './billing.ts'

/**
 * Returns the adapter of a provider, with calls that ask `find` before they are sent, unless their key is new. A call that the
 * provider has on record is not sent again, because the provider may have forgotten its idempotency key: Stripe does so after 24
 * hours, and a person may retry after days. `cancel` and `updateCustomer` are always sent: a repeat of them changes nothing. A
 * `transactional` adapter stays as it is: its effects commit together with the step journal.
 *
 * The adapters of `StepContext` are like this.
 * @param newKey no earlier attempt can have sent a call whose key begins with this one. Default: no key is new.
 */
export function askFirst(adapter: BillingAdapter, newKey?: string): BillingAdapter {
  if (adapter.capabilities.transactional) return adapter
  const earlier = async (call: BillingCall): Promise<BillingAnswer | undefined> =>
    newKey !== undefined && call.idempotencyKey.startsWith(newKey) ? undefined : adapter.find(call)
  const { creditInvoice, listSubscriptions, parseWebhook } = adapter
  return {
    id: adapter.id,
    capabilities: adapter.capabilities,
    check: (signal) => adapter.check(signal),
    preview: (plan) => adapter.preview(plan),
    ensureCustomer: async (call, customer) => (await earlier(call)) ?? adapter.ensureCustomer(call, customer),
    updateCustomer: (call, customer) => adapter.updateCustomer(call, customer),
    ensureSubscription: async (call, subscription) =>
      (await earlier(call)) ?? adapter.ensureSubscription(call, subscription),
    changePlan: async (call, change) => (await earlier(call)) ?? adapter.changePlan(call, change),
    reportUsage: async (call, report) => (await earlier(call)) ?? adapter.reportUsage(call, report),
    readUsage: (call, report) => adapter.readUsage(call, report),
    ...(creditInvoice && {
      async creditInvoice(call, credit) {
        const { externalId, creditNote } = (await earlier(call)) ?? {}
        if (externalId === undefined || creditNote === undefined)
          return creditInvoice.call(adapter, call, credit)
        return { externalId, creditNote }
      },
    }),
    cancel: (call, subscription) => adapter.cancel(call, subscription),
    ...(listSubscriptions && {
      listSubscriptions: (call, wanted) => listSubscriptions.call(adapter, call, wanted),
    }),
    find: (call) => adapter.find(call),
    ...(parseWebhook && { parseWebhook: (request) => parseWebhook.call(adapter, request) }),
  }
}
