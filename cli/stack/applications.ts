import type { StartFailure } from './failure.ts'
import { startApplication } from './application.ts'
import { keepRunning } from './keep-running.ts'
import type { Progress } from './progress.ts'
import type { Shutdown } from './shutdown.ts'

export interface BringingApplications {
  configPath: string
  dataDir: string
  variables: Record<string, string>
  progress: Progress
  shutdown: Shutdown
  signal: AbortSignal
  gaveUp(failure: StartFailure): void
}

const applications = [
  { command: 'worker', title: 'Worker' },
  { command: 'api', title: 'API' },
] as const

/** Starts the worker and the API at once. Each is started again whenever it ends, however often that happens. */
export async function bringApplications(bringing: BringingApplications): Promise<void> {
  const abandoned = new AbortController()
  const signal = AbortSignal.any([bringing.signal, abandoned.signal])
  const attempts = applications.map(async ({ command, title }) => {
    const { configPath, dataDir, variables, progress, gaveUp } = bringing
    const start = () => startApplication({ command, title, configPath, dataDir, variables, signal })
    try {
      return await progress.timed(title, () =>
        keepRunning({ title, start, restarts: Number.POSITIVE_INFINITY, report: progress.note, gaveUp }),
      )
    } catch (error) {
      abandoned.abort(error)
      throw error
    }
  })
  for (const outcome of await Promise.allSettled(attempts)) {
    if (outcome.status === 'fulfilled') bringing.shutdown.add(outcome.value.stop)
  }
  signal.throwIfAborted()
}
