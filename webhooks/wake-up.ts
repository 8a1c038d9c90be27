/** Lets one loop wait until there may be something to do. */
export interface WakeUp {
  wake(): void
  /** Resolves at the first `wake` since the last call, at the latest after so many milliseconds. */
  next(longest: number): Promise<void>
}

/** @param signal ends every wait at once. */
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
