import type { AttemptOutcome } from '../domain/webhooks/webhook-queue.ts'
import type { Answer } from './send.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** How long to wait after each failed attempt, in milliseconds: some three days in all, then it is given up. */
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
 * What follows from the answer to an attempt. Any 2xx is success; 410 says that nothing is wanted any more.
 * @param schedule what to wait after each attempt; @param attempt counts from 1.
 */
export function outcomeOf(answer: Answer, attempt: number, schedule: readonly number[]): AttemptOutcome {
  const { httpStatus, error } = answer
  const outcome = (result: AttemptOutcome['result']): AttemptOutcome => ({ result, httpStatus, error })
  if (httpStatus !== null && httpStatus >= 200 && httpStatus < 300) return outcome({ status: 'delivered' })
  if (httpStatus === 410) return outcome({ status: 'failed', gone: true })
  const pause = schedule[attempt - 1]
  if (pause === undefined) return outcome({ status: 'failed', gone: false })
  return outcome({ status: 'pending', retryAfter: Math.max(withJitter(pause), answer.retryAfter ?? 0) })
}

/** Up to a fifth longer, so that what failed together does not come back together. */
function withJitter(pause: number): number {
  return pause * (1 + Math.random() / 5)
}
