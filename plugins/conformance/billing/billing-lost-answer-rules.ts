import type { BillingAdapter } from '../../plugin-contract.ts'
import { type Call, externalIdIn, newKey, type BillingMethod, billingMethods } from './billing-methods.ts'
import { callDirectly } from './billing-harness.ts'
import { type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, timeLimit } from '../faults/failures.ts'
import { throughHttpProxy } from '../faults/http-proxy.ts'

/** Rules for a call whose answer is lost or late: `find` knows the call, and a repeat has no second effect. */
export function lostAnswerRules(subject: ProviderSubject): Check[] {
  return billingMethods.flatMap((method) => [
    {
      name: `${method.name} with a lost answer can be found, and repeated without a second effect`,
      run: () => losesAnswer(subject, method, 'answer lost'),
    },
    {
      name: `${method.name} with a late answer can be found, and repeated without a second effect`,
      run: () => losesAnswer(subject, method, 'answer held back'),
    },
  ])
}

interface LostAnswer {
  kind: 'answer lost' | 'answer held back'
  /** The number of requests of the call whose answers arrive before the fault. */
  after: number
  /** Whether the lost answer is that of the last request, so that the whole effect happened. */
  complete: boolean
}

async function losesAnswer(
  subject: ProviderSubject,
  method: BillingMethod,
  kind: LostAnswer['kind'],
): Promise<void> {
  const { requests, effects } = await countWithoutFaults(subject, method)
  // A call can take several requests. Each of their answers is lost once.
  const faults = Array.from({ length: requests }, (_, after) => ({
    kind,
    after,
    complete: after === requests - 1,
  }))
  // Waiting for a late answer takes long, so all of these calls run at the same time.
  const rounds = kind === 'answer lost' ? faults.map((fault) => [fault]) : [faults]
  for (const round of rounds) {
    const repeats: (() => Promise<void>)[] = []
    for (const fault of round) {
      const call = await prepareCall(subject, method)
      if (call !== undefined) repeats.push(() => repeatAfter(subject, method, fault, call))
    }
    const which = round.map(({ after }) => after + 1).join(', ')
    const what = `${method.name}, repeated after the ${kind} to request ${which}`
    await expectEffects(subject, effects * repeats.length, what, () =>
      Promise.all(repeats.map((repeat) => repeat())),
    )
  }
}

async function repeatAfter(
  subject: ProviderSubject,
  method: BillingMethod,
  { kind, after, complete }: LostAnswer,
  call: Call,
): Promise<void> {
  await throughHttpProxy(subject.providerUrl, (proxy) =>
    withAdapter(subject.connect(proxy.url), async (adapter) => {
      const key = newKey()
      proxy.meet({ kind, after })
      await failureOf(() => callDirectly(adapter, key, call), {
        when: `With the ${kind}`,
        classes: ['retryable', 'unknown_outcome'],
        secrets: subject.secrets,
        within: timeLimit(subject),
      })
      proxy.meet(undefined)
      // If the answer to an earlier request was lost, the adapter decides whether `find` knows the call.
      const findable = complete && method.findable
      const found = findable ? await findExternalId(method, adapter, key) : undefined
      const repeated = await callDirectly(adapter, key, call)
      if (findable)
        ensureSame(externalIdIn(repeated, method.name), found, 'The externalId of a repeated call')
    }),
  )
}

async function findExternalId(
  { name }: BillingMethod,
  adapter: BillingAdapter,
  key: string,
): Promise<string> {
  const found = await callDirectly(adapter, key, (target, context) => target.find(context))
  ensure(found !== undefined, `${name} happened and its answer was lost, but find returns undefined.`)
  return found.externalId
}

/** Prepares a call through an adapter that reaches its provider. Returns undefined when the adapter has no such call. */
function prepareCall(subject: ProviderSubject, method: BillingMethod): Promise<Call | undefined> {
  return withAdapter(subject.connect(subject.providerUrl), (adapter) => method.prepare(adapter, callDirectly))
}

/** Returns the number of requests and effects of the call when no fault occurs. */
async function countWithoutFaults(
  subject: ProviderSubject,
  method: BillingMethod,
): Promise<{ requests: number; effects: number }> {
  const call = await prepareCall(subject, method)
  if (call === undefined) return { requests: 0, effects: 0 }
  const before = await subject.countEffects()
  const requests = await throughHttpProxy(subject.providerUrl, (proxy) =>
    withAdapter(subject.connect(proxy.url), async (adapter) => {
      await callDirectly(adapter, newKey(), call)
      return proxy.requests()
    }),
  )
  return { requests, effects: (await subject.countEffects()) - before }
}
