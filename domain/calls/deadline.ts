/** Thrown when somebody else did not answer in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

export interface Deadline {
  /** How long the call may take. */
  milliseconds: number
  /** Ends the call earlier: it is told so, and still waited for. */
  signal?: AbortSignal
  /** What is thrown when the time is up. Default: `DeadlinePassed`. */
  late?: () => Error
}

/**
 * Calls somebody else, and waits so long and no longer, whether or not the call heeds its signal. A call that ends well
 * leaves nothing behind: `AbortSignal.timeout` would keep its timer, and make an error for nobody when it fires.
 * @throws DeadlinePassed, or what `late` makes.
 */
export async function withDeadline<Result>(
  { milliseconds, signal, late = () => tooLate(milliseconds) }: Deadline,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController()
  const timeIsUp = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = late()
    timeIsUp.reject(error)
    ending.abort(error)
  }, milliseconds)
  const endToo = () => ending.abort(signal?.reason)
  signal?.addEventListener('abort', endToo)
  if (signal?.aborted) endToo()
  try {
    return await Promise.race([body(ending.signal), timeIsUp.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', endToo)
  }
}

/** For a client that takes no signal: rejects with the reason as soon as the signal aborts. */
export function rejectedOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function tooLate(milliseconds: number): DeadlinePassed {
  return new DeadlinePassed(`There was no answer within ${milliseconds / 1000} seconds`)
}
