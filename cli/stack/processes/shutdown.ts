export interface Shutdown {
  add(stop: () => Promise<void>): void
  /** Stops all servers, the last one first. A failure does not keep the others running. */
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

/** Aborts when the process is told to stop, or when its parent process has ended. */
export function stopRequested(): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort(new Error('The process was told to stop'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, stop)
  return controller.signal
}
