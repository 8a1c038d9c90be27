import { readdirSync, readFileSync } from 'node:fs'
import { execa, execaSync } from 'execa'
import { inject } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'

const lastLine = /^ +Stop +Ctrl-C$/

/**
 * Starts `npm start`, or another command, as a process.
 * @param variables its environment, in addition to a minimal one.
 */
export function launch(dataDir: string, variables: Record<string, string> = {}, args: string[] = ['start']) {
  const output: string[] = []
  const errors: string[] = []
  const ready = Promise.withResolvers<void>()
  // Some tests expect a start that fails, and do not await `ready`.
  ready.promise.catch(() => undefined)
  const child = execa(process.execPath, ['cli/bootstrap.mjs', ...args], {
    cwd: projectRoot,
    // A separate process group, so that a Ctrl-C can be sent to the group, as a terminal does.
    detached: true,
    stdin: 'ignore',
    stdout: function* (line: string) {
      output.push(line)
      if (lastLine.test(line)) ready.resolve()
      yield line
    },
    stderr: function* (line: string) {
      errors.push(line)
      yield line
    },
    reject: false,
    // The process has to end by itself, even if a busy machine takes long.
    forceKillAfterDelay: false,
    extendEnv: false,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // npm sets this variable. With it, a start ends by itself when the test run is killed.
      npm_lifecycle_event: 'start',
      TEMPORAL_CLI_PATH: inject('temporalCliPath'),
      DATA_DIR: dataDir,
      ...variables,
    },
  })
  const ended = child.then(({ exitCode }) => {
    ready.reject(new Error(`It never got ready:\n${[...output, ...errors].join('\n')}`))
    return exitCode
  })

  return {
    /** The lines of standard output so far. */
    output,
    errors,
    /** Resolves when all servers run and the addresses are printed. Rejects when the process ends before that. */
    ready: ready.promise,
    /** Resolves with the exit code. */
    ended,
    /** @returns the printed value beside a title, such as an address. */
    fact: (title: string) => output.find((line) => line.startsWith(`  ${title}  `))?.split(/ {2,}/)[2],
    terminate: () => child.kill('SIGTERM'),
    pressCtrlC: () => process.kill(-Number(child.pid), 'SIGINT'),
  }
}

/** @returns the processes of a start: those that have its data folder in their arguments or their environment. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
  return listProcesses()
    .filter(({ command, environment }) => `${command} ${environment}`.includes(dataDir))
    .map(({ pid, command }) => ({ pid, command }))
}

export function killProcessesOf(dataDir: string): void {
  for (const { pid } of processesOf(dataDir)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended with another one.
    }
  }
}

// Some Linux systems have no `ps`, and only Linux has `/proc`.
function listProcesses(): { pid: number; command: string; environment: string }[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => ({
        pid: Number(pid),
        command: read(`/proc/${pid}/cmdline`),
        environment: read(`/proc/${pid}/environ`),
      }))
  }
  const { stdout } = execaSync('ps', ['-axEww', '-o', 'pid=,command='], { lines: true })
  return stdout.map((line) => ({ pid: Number.parseInt(line, 10), command: line, environment: '' }))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    // The process has ended, or belongs to another user.
    return ''
  }
}
