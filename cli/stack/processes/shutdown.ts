/** What was started, to be stopped in the reverse order. */
export interface Shutdown {
  /** Notes how to stop something, as soon as it runs. */
  add(stop: () => Promise<void>): void
  /** Stops everything, last started first; one that fails does not keep the others running. */
  run(): Promise<void>
}

export function createShutdown(): Shutdown {
  const stops: (() => Promise<void>)[] = []
  return {
    add: (stop) => {
      stops.push(stop)
    },
    async run() {
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop().catch(() => undefined)
    },
  }
}

/** Aborts when the process is told to stop, or when the process that started it is gone. */
export function stopRequested(): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort(new Error('It was told to stop'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, stop)
  return controller.signal
}
