import { type Forward, type Gap, list, type Thing } from './gap.ts'

const path = /^\/v1\/(customers|subscriptions|invoices)\/search$/

/**
 * localstripe has no search. This one looks through its lists by metadata.
 * @param ask gives the lists.
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
    const matches = ({ metadata }: Described) =>
      wanted.some(([, name = '', value]) => metadata[name] === value)
    return list((body.data as Described[]).filter(matches))
  }
  return { gap, blind: (on: boolean) => (blind = on) }
}

type Described = Thing & { metadata: Record<string, string> }
