import type { AttemptOutcome } from '../domain/webhooks/webhook-queue.ts'
import type { EndpointAnswer } from './send.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The wait after each failed attempt, in milliseconds: about three days in all. Then the delivery fails. */
export const retryDelays: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  1 * hour,
  3 * hour,
  8 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
]

/**
 * The outcome of an attempt. Status 2xx is a success. Status 410 means that the receiver wants no more deliveries.
 * @param attempt the number of the attempt, from 1.
 * @param schedule the wait after each failed attempt, in milliseconds.
 */
export function outcomeAfter(
  answer: EndpointAnswer,
  attempt: number,
  schedule: readonly number[],
): AttemptOutcome {
  const { httpStatus, error } = answer
  const outcome = (result: AttemptOutcome['result']): AttemptOutcome => ({ result, httpStatus, error })
  if (httpStatus !== null && httpStatus >= 200 && httpStatus < 300) return outcome({ status: 'delivered' })
  if (httpStatus === 410) return outcome({ status: 'failed', gone: true })
  const pause = schedule[attempt - 1]
  if (pause === undefined) return outcome({ status: 'failed', gone: false })
  return outcome({ status: 'pending', retryAfter: Math.max(withJitter(pause), answer.retryAfter ?? 0) })
}

/** Up to a fifth longer, so that deliveries that failed together are not all retried together. */
function withJitter(pause: number): number {
  return pause * (1 + Math.random() / 5)
}
