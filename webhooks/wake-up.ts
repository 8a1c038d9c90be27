/** Lets a loop wait until there may be work. */
export interface WakeUp {
  /** Ends the current wait, or the next one if none is going on. */
  wake(): void
  /** Resolves at the first `wake` since the last call. @param longest the longest wait, in milliseconds. */
  next(longest: number): Promise<void>
}

/** @param signal when aborted, ends every wait at once. */
export function createWakeUp(signal: AbortSignal): WakeUp {
  let woken = Promise.withResolvers<void>()
  const wake = () => woken.resolve()
  signal.addEventListener('abort', wake, { once: true })
  return {
    wake,
    async next(longest) {
      const timer = setTimeout(wake, longest)
      await woken.promise
      clearTimeout(timer)
      if (!signal.aborted) woken = Promise.withResolvers()
    },
  }
}
