import { randomUUID } from 'node:crypto'
import type { BillingAdapter, BillingCall, Providers } from '../../plugin-contract.ts'

/** Providers that forget every idempotency key, as Stripe does after 24 hours. `find` still knows their calls. */
export interface ForgetfulProviders extends Providers {
  /** The number of calls with an effect until now. */
  calls(): number
  /** The answer of the call with this number is lost, after the call had its effect. 0: no answer is lost. */
  loseAnswer(call: number): void
  /** The calls that were sent again, although `find` knows them. Ending an ended subscription does not count. */
  sentAgain(): string[]
}

const withEffect = [
  'ensureCustomer',
  'ensureSubscription',
  'changePlan',
  'reportUsage',
  'creditInvoice',
  'cancel',
]

/** Makes these providers forget every idempotency key: each of their adapters gets another key with each call. */
export function forgetfulProviders(providers: Providers): ForgetfulProviders {
  const lastKeys = new Map<string, string>()
  const sentAgain: string[] = []
  let calls = 0
  let lost = 0

  const send = async <Answer>(
    name: string,
    call: BillingCall,
    act: (call: BillingCall) => Promise<Answer>,
  ): Promise<Answer> => {
    const { idempotencyKey } = call
    if (lastKeys.has(idempotencyKey) && name !== 'cancel') sentAgain.push(name)
    const otherKey = `${idempotencyKey}:${randomUUID()}`
    const answer = await act({ ...call, idempotencyKey: otherKey })
    lastKeys.set(idempotencyKey, otherKey)
    calls += 1
    if (calls === lost) throw new Error('The kit lost the answer of this call.')
    return answer
  }
  const find = (adapter: BillingAdapter, call: BillingCall) =>
    adapter.find({ ...call, idempotencyKey: lastKeys.get(call.idempotencyKey) ?? call.idempotencyKey })

  const forgetful = (adapter: BillingAdapter): BillingAdapter =>
    new Proxy(adapter, {
      get(_, member) {
        const name = String(member)
        const value: unknown = Reflect.get(adapter, member)
        if (typeof value !== 'function') return value
        if (name === 'find') return (call: BillingCall) => find(adapter, call)
        if (!withEffect.includes(name)) return value.bind(adapter)
        return (call: BillingCall, about: unknown) =>
          send(name, call, (sent) => Reflect.apply(value, adapter, [sent, about]))
      },
    })
  return {
    billing(id) {
      const adapter = providers.billing(id)
      return adapter.capabilities.transactional ? adapter : forgetful(adapter)
    },
    notifier: () => providers.notifier(),
    calls: () => calls,
    loseAnswer: (call) => void (lost = call),
    sentAgain: () => sentAgain,
  }
}
