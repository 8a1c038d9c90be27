import { execFile } from 'node:child_process'

export interface CommandResult {
  ok: boolean
  stdout: string
  stderr: string
  timedOut: boolean
}

/** Runs a program to its end. Never throws: the result tells what happened. */
export async function runCommand(
  file: string,
  args: string[],
  limits: {
    timeoutMs: number
    signal?: AbortSignal | undefined
    /** Its environment; this process's own by default. */
    variables?: NodeJS.ProcessEnv
  },
): Promise<CommandResult> {
  const options = {
    encoding: 'utf8',
    timeout: limits.timeoutMs,
    signal: limits.signal,
    killSignal: 'SIGKILL',
    env: limits.variables,
  } as const
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({
        ok: error === null,
        stdout,
        stderr,
        timedOut: error?.killed === true,
      })
    })
  })
}

/** The last line that says something: where most programs put the reason. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
