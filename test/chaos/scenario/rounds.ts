import { dealer, type Random, seeded } from './random.ts'
import { type PlannedRequest, requestSource, type RequestSource } from './requests.ts'
import type { Troubles } from './troubles.ts'

/** What is done to the processes of the deployment. */
export const faultNames = [
  'worker killed',
  'API killed',
  'Temporal killed',
  'Postgres killed',
  'worker frozen and woken',
  'new plan deployed',
] as const
export type FaultName = (typeof faultNames)[number]

/** When it is done: once so many requests of the round are answered, or while somebody is held at a provider. */
export type Moment = { answers: number } | { heldAt: 'billing' | 'mail' }

/** Requests that are sent at once, and what happens meanwhile. */
export interface Round {
  fault: FaultName
  moment: Moment
  requests: PlannedRequest[]
}

const requestsARound = 12
const heldUsage = { call: 'reportUsage', kind: 'held' } as const
/** Those that are held: two, one of which was taken off the inline steps before. Their bills are held as well. */
const victims: Record<'billing' | 'mail', Troubles[]> = {
  billing: [
    { billing: [{ call: 'ensureSubscription', kind: 'held' }, heldUsage], mail: [] },
    {
      billing: [
        { call: 'ensureCustomer', kind: 'server error' },
        { call: 'ensureCustomer', kind: 'held' },
        heldUsage,
      ],
      mail: [],
    },
  ],
  mail: [
    { billing: [heldUsage], mail: ['held'] },
    { billing: [heldUsage], mail: ['deferred', 'held'] },
  ],
}

/**
 * All that a run does, by its seed.
 * @param onboardings how many requests there are, not counting those that are sent again.
 */
export function planRun(seed: number, onboardings: number): Round[] {
  const random = seeded(seed)
  const source = requestSource(random)
  const sizes = spread(onboardings, Math.max(faultNames.length, Math.ceil(onboardings / requestsARound)))
  const faults = dealFaults(random, sizes.length)
  const moment = momentDealer(random)
  return faults.map((fault, index): Round => {
    const when = moment(fault, sizes[index] ?? 0)
    return { fault, moment: when, requests: requestsOf(source, when, sizes[index] ?? 0) }
  })
}

/** Every fault at least once; the new plan once, and in between. */
function dealFaults(random: Random, count: number): FaultName[] {
  const deal = dealer<FaultName>(random, [
    'worker killed',
    'API killed',
    'Temporal killed',
    'Postgres killed',
    'worker frozen and woken',
  ])
  const faults = Array.from({ length: count - 1 }, deal)
  faults.splice(random.between(Math.floor(count / 3), Math.floor((2 * count) / 3)), 0, 'new plan deployed')
  return faults
}

function momentDealer(random: Random): (fault: FaultName, requests: number) => Moment {
  const held = dealer<'billing' | 'mail'>(random, ['billing', 'mail'])
  const kind = dealer(random, ['answers', 'held'])
  return (fault, requests) => {
    // Who is frozen has to be in the middle of something.
    if (fault === 'worker frozen and woken') return { heldAt: held() }
    if (fault === 'API killed' || fault === 'new plan deployed' || kind() === 'answers')
      return { answers: random.between(0, Math.floor(requests / 2)) }
    return { heldAt: held() }
  }
}

/** Victims come first: a round sends half of its requests before the moment. */
function requestsOf(source: RequestSource, moment: Moment, size: number): PlannedRequest[] {
  const requests = 'heldAt' in moment ? victims[moment.heldAt].map((troubles) => source.victim(troubles)) : []
  while (requests.length < size) requests.push(...source.next())
  return requests
}

/** So many in so many parts, none more than one larger than another. */
function spread(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((count + index) / parts))
}
