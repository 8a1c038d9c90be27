import type { Sighting } from '../../domain/reconciliation/findings.ts'
import {
  findUnexpectedAtProvider,
  providerFindingKinds,
  subscriptionFindingKinds,
  listBilledNow,
} from '../../domain/reconciliation/unfit-subscriptions.ts'
import { askProvider, type ProviderAnswer } from './ask-provider.ts'
import type { ComparedChunk, Comparison } from './comparison.ts'
import { lookAtAccount, lookAtProvider } from './look-at-subscription.ts'
import { pooled } from './pooled.ts'

const pageSize = 100
const atOnce = 5

export function subscriptionsAt(billingAdapter: string): Comparison {
  return {
    name: `subscriptions at "${billingAdapter}"`,
    kinds: providerFindingKinds,
    billingAdapter,
    async compare({ db, billingAdapters }, after, grace) {
      const adapter = billingAdapters.get(billingAdapter)
      if (adapter === undefined) return missingAdapter(billingAdapter)
      const wanted = { limit: pageSize, ...(after === '' ? {} : { after }) }
      const asked = await askProvider(adapter, (call) => adapter.listSubscriptions?.(call, wanted))
      if ('notCompared' in asked) return { sightings: [], next: null, ...asked }
      const latest = Date.now() - grace
      const open = asked.answer.subscriptions.filter(
        ({ status, createdAt }) => status === 'open' && createdAt.getTime() <= latest,
      )
      const unexpected = await findUnexpectedAtProvider(db, billingAdapter, open)
      // A run may have ended the subscription since it was listed.
      const looks = await pooled(unexpected, atOnce, ({ details }) =>
        lookAtProvider(db, adapter, String(details.subscriptionExternalId)),
      )
      return chunkOf(looks, asked.answer.next ?? null)
    },
  }
}

export function subscriptionsBilledBy(billingAdapter: string): Comparison {
  return {
    name: `accounts billed by "${billingAdapter}"`,
    kinds: subscriptionFindingKinds,
    billingAdapter,
    async compare({ db, billingAdapters }, after, grace) {
      const adapter = billingAdapters.get(billingAdapter)
      if (adapter === undefined) return missingAdapter(billingAdapter)
      const accounts = await listBilledNow(db, billingAdapter, { after, limit: pageSize, grace })
      const [first, ...others] = accounts
      if (first === undefined) return { sightings: [], next: null }
      // If the provider does not answer the first call, the other accounts of the page are not compared.
      const look = await lookAtAccount(db, adapter, first.organizationId)
      if ('notCompared' in look) return chunkOf([look], null)
      const looks = await pooled(others, atOnce, ({ organizationId }) =>
        lookAtAccount(db, adapter, organizationId),
      )
      const last = accounts.length === pageSize ? accounts.at(-1) : undefined
      return chunkOf([look, ...looks], last?.organizationId ?? null)
    },
  }
}

function chunkOf(looks: readonly ProviderAnswer<Sighting | undefined>[], next: string | null): ComparedChunk {
  const sightings = looks.flatMap((look) =>
    'answer' in look && look.answer !== undefined ? [look.answer] : [],
  )
  const failed = looks.find((look) => 'notCompared' in look)
  return { sightings, next, ...failed }
}

function missingAdapter(billingAdapter: string): ComparedChunk {
  const notCompared = `No plug-in brings the billing adapter "${billingAdapter}".`
  return { sightings: [], next: null, notCompared }
}
