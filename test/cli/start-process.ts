import { readdirSync, readFileSync } from 'node:fs'
import { execa, execaSync } from 'execa'
import { inject } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'

const lastLine = /^ +Stop +Ctrl-C$/

/** `npm start`, or another command, as a process of its own, which knows of its surroundings only what is given here. */
export function launch(dataDir: string, variables: Record<string, string> = {}, args: string[] = ['start']) {
  const output: string[] = []
  const errors: string[] = []
  const ready = Promise.withResolvers<void>()
  // Not every start is meant to get ready.
  ready.promise.catch(() => undefined)
  const child = execa(process.execPath, ['cli/bootstrap.mjs', ...args], {
    cwd: projectRoot,
    // As a terminal does it, so that a Ctrl-C can be sent to all of the group.
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
    // It has to end by itself, however long a busy machine takes.
    forceKillAfterDelay: false,
    extendEnv: false,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // npm sets it, and with it a start ends by itself when the test run is killed.
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
    /** Every line so far. */
    output,
    errors,
    /** Settles when everything is up and the addresses are printed. */
    ready: ready.promise,
    /** The exit code, once there is one. */
    ended,
    /** What it printed beside a title, such as an address. */
    fact: (title: string) => output.find((line) => line.startsWith(`  ${title}  `))?.split(/ {2,}/)[2],
    terminate: () => child.kill('SIGTERM'),
    pressCtrlC: () => process.kill(-Number(child.pid), 'SIGINT'),
  }
}

/** What runs for a data folder: whatever has it in its arguments or its environment, as all parts of a start do. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
  return everyProcess()
    .filter(({ command, environment }) => `${command} ${environment}`.includes(dataDir))
    .map(({ pid, command }) => ({ pid, command }))
}

export function killProcessesOf(dataDir: string): void {
  for (const { pid } of processesOf(dataDir)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It went with another one.
    }
  }
}

// Not every Linux has `ps`, and only Linux has `/proc`.
function everyProcess(): { pid: number; command: string; environment: string }[] {
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
    // It ended meanwhile, or is somebody else's.
    return ''
  }
}
