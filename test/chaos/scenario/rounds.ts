import { dealer, type Random, seeded } from './random.ts'
import { type PlannedRequest, requestSource, type RequestSource } from './requests.ts'
import type { CallFaults } from './call-faults.ts'

/** The faults of processes. */
export const processFaultNames = [
  'worker killed',
  'API killed',
  'Temporal killed',
  'Postgres killed',
  'worker frozen and thawed',
  'new run plan deployed',
] as const
export type ProcessFaultName = (typeof processFaultNames)[number]

/** When a fault occurs: after this many answers in the round, or while the recorder holds a call to this provider. */
export type FaultMoment = { answers: number } | { heldAt: 'billing' | 'mail' }

/** Requests that are sent at the same time, and the process fault that occurs during them. */
export interface Round {
  fault: ProcessFaultName
  moment: FaultMoment
  requests: PlannedRequest[]
}

const requestsPerRound = 12
const heldUsage = { call: 'reportUsage', kind: 'held' } as const
/**
 * The call faults of the two requests that a round holds. The first call of one of them fails, so its held call is not made
 * by the inline steps. The usage reports of both are held when the month is billed.
 */
const heldCallFaults: Record<'billing' | 'mail', CallFaults[]> = {
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
 * Derives the rounds of a scenario from a seed.
 * @param onboardings the number of requests, without repeated ones.
 */
export function planScenario(seed: number, onboardings: number): Round[] {
  const random = seeded(seed)
  const source = requestSource(random)
  const sizes = spread(
    onboardings,
    Math.max(processFaultNames.length, Math.ceil(onboardings / requestsPerRound)),
  )
  const faults = dealFaults(random, sizes.length)
  const dealMoment = momentDealer(random)
  return faults.map((fault, index): Round => {
    const size = sizes[index] ?? 0
    const moment = dealMoment(fault, size)
    return { fault, moment, requests: requestsOf(source, moment, size) }
  })
}

/** Each fault at least once. The new run plan is deployed exactly once, in the middle third. */
function dealFaults(random: Random, count: number): ProcessFaultName[] {
  const deal = dealer<ProcessFaultName>(random, [
    'worker killed',
    'API killed',
    'Temporal killed',
    'Postgres killed',
    'worker frozen and thawed',
  ])
  const faults = Array.from({ length: count - 1 }, deal)
  faults.splice(
    random.between(Math.floor(count / 3), Math.floor((2 * count) / 3)),
    0,
    'new run plan deployed',
  )
  return faults
}

function momentDealer(random: Random): (fault: ProcessFaultName, requests: number) => FaultMoment {
  const provider = dealer<'billing' | 'mail'>(random, ['billing', 'mail'])
  const kind = dealer(random, ['answers', 'held'])
  return (fault, requests) => {
    // A frozen worker has to be in the middle of a call.
    if (fault === 'worker frozen and thawed') return { heldAt: provider() }
    if (fault === 'API killed' || fault === 'new run plan deployed' || kind() === 'answers')
      return { answers: random.between(0, Math.floor(requests / 2)) }
    return { heldAt: provider() }
  }
}

/** The held requests come first, because a round sends half of its requests before the fault. */
function requestsOf(source: RequestSource, moment: FaultMoment, size: number): PlannedRequest[] {
  const requests =
    'heldAt' in moment
      ? heldCallFaults[moment.heldAt].map((callFaults) => source.fullRequest(callFaults))
      : []
  while (requests.length < size) requests.push(...source.next())
  return requests
}

/** @returns the sizes of `parts` parts of `count` that differ by at most one. */
function spread(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((count + index) / parts))
}
