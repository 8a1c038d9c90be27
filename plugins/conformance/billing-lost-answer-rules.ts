import type { BillingAdapter } from '../plugin-contract.ts'
import { type Call, externalIdIn, newKey, type Operation, operations } from './billing-operations.ts'
import { callDirectly } from './billing-stage.ts'
import { limit, type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { failureOf } from './failures.ts'
import { throughHttpProxy } from './http-proxy.ts'

/** The provider did it and nobody heard: the error lets the engine recover, and a repeat does nothing twice. */
export function lostAnswerRules(subject: ProviderSubject): Check[] {
  return operations.flatMap((operation) => [
    {
      name: `${operation.name} whose answer is lost can be found, and repeated without a second effect`,
      run: () => survives(subject, operation, 'answer lost'),
    },
    {
      name: `${operation.name} whose answer comes too late can be found, and repeated without a second effect`,
      run: () => survives(subject, operation, 'answer held back'),
    },
  ])
}

interface LostAnswer {
  kind: 'answer lost' | 'answer held back'
  /** How many requests of the call are answered before. */
  after: number
  /** Whether the provider has done all there is to do. */
  complete: boolean
}

async function survives(
  subject: ProviderSubject,
  operation: Operation,
  kind: LostAnswer['kind'],
): Promise<void> {
  const { requests, effects } = await whenUndisturbed(subject, operation)
  // A call may take several requests, and each of their answers may be the one that is lost.
  const faults = Array.from({ length: requests }, (_, after) => ({
    kind,
    after,
    complete: after === requests - 1,
  }))
  // Waiting takes long, so the answers that are held back are waited for together.
  const rounds = kind === 'answer lost' ? faults.map((fault) => [fault]) : [faults]
  for (const round of rounds) {
    const repeats: (() => Promise<void>)[] = []
    for (const fault of round) {
      const call = await arranged(subject, operation)
      if (call !== undefined) repeats.push(() => repeatAfter(subject, operation, fault, call))
    }
    const which = round.map(({ after }) => after + 1).join(', ')
    const what = `${operation.name}, repeated after the ${kind} to request ${which}`
    await countingEffects(subject, effects * repeats.length, what, () =>
      Promise.all(repeats.map((repeat) => repeat())),
    )
  }
}

async function repeatAfter(
  subject: ProviderSubject,
  operation: Operation,
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
        within: limit(subject),
      })
      proxy.meet(undefined)
      // With an answer lost half way it depends on the adapter what there is to be found.
      const findable = complete && operation.findable
      const found = findable ? await findOf(operation, adapter, key) : undefined
      const repeated = await callDirectly(adapter, key, call)
      if (findable)
        ensureSame(externalIdIn(repeated, operation.name), found, 'The externalId of a repeated call')
    }),
  )
}

async function findOf({ name }: Operation, adapter: BillingAdapter, key: string): Promise<string> {
  const found = await callDirectly(adapter, key, (on, asking) => on.find(asking))
  ensure(found !== undefined, `${name} happened, its answer was lost, and find says that it never arrived.`)
  return found.externalId
}

/** A call, with what it is about in place. */
function arranged(subject: ProviderSubject, operation: Operation): Promise<Call | undefined> {
  return withAdapter(subject.connect(subject.providerUrl), (adapter) =>
    operation.prepare(adapter, callDirectly),
  )
}

/** How many requests and effects the call takes when nothing goes wrong. */
async function whenUndisturbed(
  subject: ProviderSubject,
  operation: Operation,
): Promise<{ requests: number; effects: number }> {
  const call = await arranged(subject, operation)
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
