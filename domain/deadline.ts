/** Thrown when somebody else did not answer in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/**
 * Calls somebody else, and waits so long and no longer, whether or not the signal is heeded.
 * @throws DeadlinePassed
 */
export async function withDeadline<Result>(
  milliseconds: number,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new DeadlinePassed(`There was no answer within ${milliseconds / 1000} seconds`))
    ending.abort()
  }, milliseconds)
  try {
    return await Promise.race([body(ending.signal), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
