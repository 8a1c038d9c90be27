import { processFaults } from '../faults/process-faults.ts'
import type { Caller, SentRequest } from '../clients/caller.ts'
import type { Round } from './rounds.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { System } from '../system/system.ts'

/**
 * Sends half of the requests of a round, waits for the moment of the fault, and sends the others during the fault.
 * @returns the sent requests, when all are answered and all processes run again.
 */
export async function runRound(
  { system, recorder, caller }: { system: System; recorder: Recorder; caller: Caller },
  { fault, moment, requests }: Round,
): Promise<SentRequest[]> {
  recorder.expectRequests(requests)
  const half = Math.ceil(requests.length / 2)
  const begun = requests.slice(0, half).map((request) => caller.send(request))
  const held = 'heldAt' in moment ? await recorder.waitUntilHeld(requests.map(({ name }) => name)) : undefined
  if ('answers' in moment) await fulfilled(moment.answers, begun)
  const answered = Promise.all([...begun, ...requests.slice(half).map((request) => caller.send(request))])
  await Promise.all([answered, processFaults[fault]({ system, recorder, held, answered })])
  return answered
}

/** Resolves when `count` of the promises are fulfilled. */
async function fulfilled(count: number, promises: Promise<unknown>[]): Promise<void> {
  if (count === 0) return
  let done = 0
  await new Promise<void>((resolve, reject) => {
    for (const promise of promises) {
      promise.then(() => {
        done += 1
        if (done === count) resolve()
      }, reject)
    }
  })
}
