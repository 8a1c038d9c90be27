import { startApplication } from './application-process.ts'
import type { StartFailure } from './failure.ts'
import { keepRunning } from './processes/keep-running.ts'
import type { StartProgress } from './start-progress.ts'
import type { Shutdown } from './processes/shutdown.ts'

/** Starts a worker and the API as one process, and restarts it without a limit whenever it ends. */
export async function bringApplication(bringing: {
  configPath: string
  dataDir: string
  variables: Record<string, string>
  progress: StartProgress
  shutdown: Shutdown
  signal: AbortSignal
  gaveUp(failure: StartFailure): void
}): Promise<void> {
  const { configPath, dataDir, variables, progress, shutdown, signal, gaveUp } = bringing
  const title = 'Worker and API'
  const start = () =>
    startApplication({
      command: 'serve',
      title,
      configPath,
      dataDir,
      variables,
      signal,
      report: progress.note,
    })
  const application = await progress.timed(title, () =>
    keepRunning({ title, start, restarts: Number.POSITIVE_INFINITY, report: progress.note, gaveUp }),
  )
  shutdown.add(application.stop)
}
