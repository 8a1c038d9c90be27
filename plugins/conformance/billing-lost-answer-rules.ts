import type { BillingAdapter } from '../contract.ts'
import { externalIdIn, newKey, type Operation, operations } from './billing-operations.ts'
import { callDirectly } from './billing-stage.ts'
import { limit, type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { failureOf } from './failures.ts'
import { type HttpProxy, throughHttpProxy } from './http-proxy.ts'

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

async function survives(
  subject: ProviderSubject,
  operation: Operation,
  fault: 'answer lost' | 'answer held back',
): Promise<void> {
  await throughHttpProxy(subject.providerUrl, (proxy) =>
    withAdapter(subject.connect(proxy.url), async (adapter) => {
      const undisturbed = await whenUndisturbed(subject, operation, adapter, proxy)
      // A call may take several requests, and each of their answers may be the one that is lost.
      for (let after = 0; after < undisturbed.requests; after += 1) {
        const call = await operation.prepare(adapter, callDirectly)
        if (call === undefined) return
        const key = newKey()
        const what = `${operation.name}, repeated after the ${fault} to request ${after + 1}`
        await countingEffects(subject, undisturbed.effects, what, async () => {
          proxy.meet({ kind: fault, after })
          await failureOf(() => callDirectly(adapter, key, call), {
            when: `With the ${fault}`,
            classes: ['retryable', 'unknown_outcome'],
            secrets: subject.secrets,
            within: limit(subject),
          })
          proxy.meet(undefined)
          // With an answer lost half way it depends on the adapter what there is to be found.
          const complete = operation.findable && after === undisturbed.requests - 1
          const found = complete ? await findOf(operation, adapter, key) : undefined
          const repeated = await callDirectly(adapter, key, call)
          if (complete)
            ensureSame(externalIdIn(repeated, operation.name), found, 'The externalId of a repeated call')
        })
      }
    }),
  )
}

async function findOf({ name }: Operation, adapter: BillingAdapter, key: string): Promise<string> {
  const found = await callDirectly(adapter, key, (on, asking) => on.find(asking))
  ensure(found !== undefined, `${name} happened, its answer was lost, and find says that it never arrived.`)
  return found.externalId
}

/** How many requests and effects the call takes when nothing goes wrong. */
async function whenUndisturbed(
  subject: ProviderSubject,
  operation: Operation,
  adapter: BillingAdapter,
  proxy: HttpProxy,
): Promise<{ requests: number; effects: number }> {
  const call = await operation.prepare(adapter, callDirectly)
  if (call === undefined) return { requests: 0, effects: 0 }
  const before = await subject.countEffects()
  proxy.meet(undefined)
  await callDirectly(adapter, newKey(), call)
  return { requests: proxy.requests(), effects: (await subject.countEffects()) - before }
}
