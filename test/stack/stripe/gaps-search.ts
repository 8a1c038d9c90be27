import { type Forward, type Gap, list, type StripeObject } from './gap.ts'

const path = /^\/v1\/(customers|subscriptions|invoices)\/search$/

/**
 * localstripe has no search. This search filters the lists by metadata.
 * @param ask reads a list.
 * @returns the gap, and `blind`, which makes every search find nothing.
 */
export function searchGap(ask: Forward) {
  let blind = false
  const gap: Gap = async ({ method, path: asked, params, authorization }) => {
    const [, kind] = path.exec(asked) ?? []
    if (kind === undefined || method !== 'GET') return undefined
    if (blind) return list([])
    const all = new URLSearchParams({ limit: '1000' })
    if (kind === 'subscriptions') all.set('status', 'all')
    const { body } = await ask({ method, path: `/v1/${kind}`, params: all, authorization })
    const wanted = [...(params.get('query') ?? '').matchAll(/metadata\['(.+?)'\]:'(.+?)'/g)]
    const matches = ({ metadata }: WithMetadata) =>
      wanted.some(([, name = '', value]) => metadata[name] === value)
    return list((body.data as WithMetadata[]).filter(matches))
  }
  return { gap, blind: (on: boolean) => (blind = on) }
}

type WithMetadata = StripeObject & { metadata: Record<string, string> }
