import { faults } from '../faults/all.ts'
import type { Customer, SentRequest } from '../clients/customer.ts'
import type { Round } from './rounds.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { System } from '../system/system.ts'

/**
 * Sends half of a round's requests, waits for the moment, and sends the others while the fault is there.
 * @returns what was sent, once all is answered and everything runs again.
 */
export async function runRound(
  { system, recorder, customer }: { system: System; recorder: Recorder; customer: Customer },
  { fault, moment, requests }: Round,
): Promise<SentRequest[]> {
  recorder.expect(requests)
  const half = Math.ceil(requests.length / 2)
  const begun = requests.slice(0, half).map((request) => customer.send(request))
  const held = await comes(moment, { begun, recorder, names: requests.map(({ name }) => name) })
  const answered = Promise.all([...begun, ...requests.slice(half).map((request) => customer.send(request))])
  await Promise.all([answered, faults[fault]({ system, recorder, held, answered })])
  return answered
}

/** @returns the request that is held, if the moment is about one. */
async function comes(
  moment: Round['moment'],
  { begun, recorder, names }: { begun: Promise<unknown>[]; recorder: Recorder; names: string[] },
): Promise<string | undefined> {
  if ('heldAt' in moment) return recorder.holding(names)
  await atLeast(moment.answers, begun)
  return undefined
}

/** Settles when so many of these have. */
async function atLeast(count: number, promises: Promise<unknown>[]): Promise<void> {
  if (count === 0) return
  let settled = 0
  await new Promise<void>((resolve, reject) => {
    for (const promise of promises) {
      promise.then(() => {
        settled += 1
        if (settled === count) resolve()
      }, reject)
    }
  })
}
