import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startApplication } from '../../../cli/stack/application-process.ts'
import type { ServerProcess } from '../../../cli/stack/processes/server-process.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'

/** The release that a process runs. */
export type Release = 'first' | 'next'

const configPath = fileURLToPath(new URL('chaos.config.ts', import.meta.url))

/**
 * @param folder gets a data folder for each process, so that several can run at the same time.
 * @returns a launcher that starts workers and APIs.
 */
export function createLauncher(
  folder: string,
  { variables, shutdown }: { variables: Record<string, string>; shutdown: Shutdown },
) {
  const crashes: string[] = []
  let count = 0
  return {
    /** The processes that ended by themselves, each with its exit. */
    crashes,
    async start(command: 'worker' | 'api', release: Release) {
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

function systemProcess(running: ServerProcess, release: Release, crashed: (how: string) => void) {
  let shouldRun = true
  let hasEnded = false
  void running.ended.then((how) => {
    hasEnded = true
    if (shouldRun) crashed(how)
  })
  return {
    release,
    /** Ends the process with SIGKILL, as a crash does. Does nothing if it has ended. */
    async kill() {
      shouldRun = false
      if (hasEnded) return
      process.kill(running.pid, 'SIGKILL')
      await running.ended
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    /** Stops the process gracefully, as a deploy does. */
    async stop() {
      shouldRun = false
      await running.stop()
    },
  }
}
