import { type Call, externalIdIn, newKey, type BillingMethod, billingMethods } from './billing-methods.ts'
import { callDirectly, throughProxy } from './billing-harness.ts'
import { type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, limitsOf } from '../faults/failures.ts'

/** Rules for a call whose answer is lost or late: `find` knows the call, and a repeat has no second effect. */
export function lostAnswerRules(subject: ProviderSubject): Check[] {
  return billingMethods.flatMap((method) =>
    (['lost', 'late'] as const).map((lostOrLate) => ({
      name: `${method.name} with a ${lostOrLate} answer can be found, and repeated without a second effect`,
      run: () => losesAnswer(subject, method, lostOrLate === 'lost' ? 'answer lost' : 'answer held back'),
    })),
  )
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
  { name, findable }: BillingMethod,
  { kind, after, complete }: LostAnswer,
  call: Call,
): Promise<void> {
  await throughProxy(subject, async (adapter, proxy) => {
    const callAdapter = callDirectly(adapter)
    const key = newKey()
    proxy.meet({ kind, after })
    await failureOf(() => callAdapter(call, key), {
      when: `With the ${kind}`,
      classes: ['retryable', 'unknown_outcome'],
      ...limitsOf(subject),
    })
    proxy.meet(undefined)
    // If the answer to an earlier request was lost, the adapter decides whether `find` knows the call.
    const known = complete && findable
    const found = known ? await callAdapter((target, context) => target.find(context), key) : undefined
    const what = `${name} happened and its answer was lost, but find returns undefined.`
    ensure(!known || found !== undefined, what)
    const repeated = await callAdapter(call, key)
    if (found) ensureSame(externalIdIn(repeated, name), found.externalId, 'The externalId of a repeated call')
  })
}

/** Prepares a call through an adapter that reaches its provider. Returns undefined when the adapter has no such call. */
function prepareCall(subject: ProviderSubject, { prepare }: BillingMethod): Promise<Call | undefined> {
  return withAdapter(subject.connect(subject.providerUrl), (adapter) =>
    prepare(callDirectly(adapter), adapter),
  )
}

/** Returns the number of requests and effects of the call when no fault occurs. */
async function countWithoutFaults(subject: ProviderSubject, method: BillingMethod) {
  const call = await prepareCall(subject, method)
  if (call === undefined) return { requests: 0, effects: 0 }
  const before = await subject.countEffects()
  const requests = await throughProxy(subject, async (adapter, proxy) => {
    await callDirectly(adapter)(call)
    return proxy.requests()
  })
  return { requests, effects: (await subject.countEffects()) - before }
}
