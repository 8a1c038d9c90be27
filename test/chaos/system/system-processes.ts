import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startApplication } from '../../../cli/stack/application-process.ts'
import type { ServerProcess } from '../../../cli/stack/processes/server-process.ts'
import type { Shutdown } from '../../../cli/stack/processes/shutdown.ts'

/** The release that a process is of. */
export type Release = 'first' | 'next'

/** One process of the deployment. */
export interface Started {
  release: Release
  /** At once, as a crash does. One that has ended is left alone. */
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** In good order, as a deploy does. */
  stop(): Promise<void>
}

export interface Launcher {
  start(command: 'worker' | 'api', release: Release): Promise<Started>
  /** Processes that ended although nobody ended them, with a few words on how. */
  crashes: string[]
}

const configPath = fileURLToPath(new URL('chaos.config.ts', import.meta.url))

/** Starts workers and APIs, each in a folder of its own, so that several can run beside each other. */
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
      const process = started(running, release, (how) => crashes.push(`${title} (${how})`))
      shutdown.add(() => process.kill())
      return process
    },
  }
}

function started(running: ServerProcess, release: Release, crashed: (how: string) => void): Started {
  let isWanted = true
  let hasEnded = false
  void running.ended.then((how) => {
    hasEnded = true
    if (isWanted) crashed(how)
  })
  return {
    release,
    async kill() {
      isWanted = false
      if (hasEnded) return
      process.kill(running.pid, 'SIGKILL')
      await running.ended
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    async stop() {
      isWanted = false
      await running.stop()
    },
  }
}
