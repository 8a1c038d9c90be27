import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startApplication } from '../../../cli/stack/application-process.ts'
import type { ServerProcess } from '../../../cli/stack/processes/server-process.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'

/** The release that a process runs. */
export type Release = 'first' | 'next'

/** A worker or an API. */
export interface SystemProcess {
  release: Release
  /** Ends the process with SIGKILL, as a crash does. Does nothing if it has ended. */
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** Stops the process gracefully, as a deploy does. */
  stop(): Promise<void>
}

export interface Launcher {
  start(command: 'worker' | 'api', release: Release): Promise<SystemProcess>
  /** The processes that ended by themselves, each with its exit. */
  crashes: string[]
}

const configPath = fileURLToPath(new URL('chaos.config.ts', import.meta.url))

/**
 * @param folder gets a data folder for each process, so that several can run at the same time.
 * @returns a launcher that starts workers and APIs.
 */
export function createLauncher(
  folder: string,
  { variables, shutdown }: { variables: Record<string, string>; shutdown: Shutdown },
): Launcher {
  const crashes: string[] = []
  let count = 0
  return {
    crashes,
    async start(command, release) {
      const title = `${command} ${++count}`
      const dataDir = join(folder, title.replace(' ', '-'))
      await mkdir(dataDir)
      const running = await startApplication({
        command,
        title,
        configPath,
        dataDir,
        variables: { ...variables, DATA_DIR: dataDir, CHAOS_RELEASE: release },
        signal: new AbortController().signal,
      })
      const launched = systemProcess(running, release, (how) => crashes.push(`${title} (${how})`))
      shutdown.add(() => launched.kill())
      return launched
    },
  }
}

function systemProcess(
  running: ServerProcess,
  release: Release,
  crashed: (how: string) => void,
): SystemProcess {
  let shouldRun = true
  let hasEnded = false
  void running.ended.then((how) => {
    hasEnded = true
    if (shouldRun) crashed(how)
  })
  return {
    release,
    async kill() {
      shouldRun = false
      if (hasEnded) return
      process.kill(running.pid, 'SIGKILL')
      await running.ended
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    async stop() {
      shouldRun = false
      await running.stop()
    },
  }
}
