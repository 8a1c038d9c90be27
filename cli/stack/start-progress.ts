import pc from 'picocolors'
import type { StartFailure } from './failure.ts'

const titleWidth = 26

export interface StartProgress {
  /** Calls `act`, and prints its title with the time it took. */
  timed<T>(title: string, act: () => Promise<T>): Promise<T>
  done(line: string): void
  note(line: string): void
  heading(line: string): void
  fact(title: string, value: string): void
  failure(failure: StartFailure): void
}

export function printedProgress(
  write: (line: string) => void,
  writeFailure: (line: string) => void,
): StartProgress {
  return {
    async timed(title, act) {
      const since = performance.now()
      const result = await act()
      const seconds = ((performance.now() - since) / 1_000).toFixed(1)
      write(`  ${pc.green('✓')} ${title.padEnd(titleWidth)} ${pc.dim(`${seconds} s`)}`)
      return result
    },
    done: (line) => write(`  ${pc.green('✓')} ${line}`),
    note: (line) => write(`  ${pc.dim('·')} ${line}`),
    heading: (line) => write(`\n${pc.bold(line)}\n`),
    fact: (title, value) => write(`  ${title.padEnd(titleWidth + 2)} ${pc.cyan(value)}`),
    failure: (failure) =>
      writeFailure(`  ${pc.red('✗')} ${failure.message}. ${pc.bold(failure.nextAction)}.`),
  }
}
