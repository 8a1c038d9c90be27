import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { projectRoot, readEnvironment } from '../../cli/deployment/environment.ts'
import { findTemporalCli } from '../../cli/stack/temporal/find-program.ts'
import { stopRequested } from '../../cli/stack/processes/shutdown.ts'
import { runChaos } from './run-chaos.ts'

const program = new Command('npm run chaos --')
  .description('Adds accounts while everything around them fails, and judges what is left.')
  .option(
    '--seed <number>',
    'repeats the requests and the faults of an earlier run',
    wholeNumber,
    randomInt(1_000_000_000),
  )
  .option('--onboardings <number>', 'how many requests are sent', wholeNumber, 300)
  .parse()

const { seed, onboardings } = program.opts<{ seed: number; onboardings: number }>()
const { temporalCliPath: explicitPath } = readEnvironment()
const temporalCliPath = await findTemporalCli({
  explicitPath,
  searchPath: process.env.PATH,
  cacheDir: join(projectRoot, '.cache'),
})
try {
  const signal = stopRequested()
  const { results } = await runChaos({ seed, onboardings, temporalCliPath, signal, write: console.log })
  const violations = results.flatMap((result) => result.violations)
  console.log(violations.length === 0 ? 'Everything agrees.' : `${violations.length} violations.`)
  // What was begun and not waited for must not keep a finished run alive.
  process.exit(violations.length === 0 ? 0 : 1)
} catch (error) {
  console.error(error)
  process.exit(1)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}
