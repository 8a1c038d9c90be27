export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

export interface Deadline {
  milliseconds: number
  /** Aborts the call earlier. `withDeadline` still waits for the call to end. */
  signal?: AbortSignal
  /** Makes the error for a passed deadline. Default: `DeadlinePassed`. */
  late?: () => Error
}

/**
 * Runs a call with a deadline. The wait ends at the deadline even if the call ignores its signal. The timer is cleared
 * when the call ends; `AbortSignal.timeout` would keep it.
 * @param body makes the call. Its signal aborts at the deadline, and when `signal` aborts.
 * @returns the result of the call.
 * @throws DeadlinePassed, or the error of `late`, at the deadline; otherwise the error of the call.
 */
export async function withDeadline<Result>(
  { milliseconds, signal, late }: Deadline,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const timeIsUp = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const text = `There was no answer within ${milliseconds / 1000} seconds`
    const error = late?.() ?? new DeadlinePassed(text)
    timeIsUp.reject(error)
    controller.abort(error)
  }, milliseconds)
  const abort = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  try {
    return await Promise.race([body(controller.signal), timeIsUp.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** A promise that rejects with the reason of the signal when it aborts. For clients that accept no signal. */
export function rejectedOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
