import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { projectRoot, readEnvironment } from '../../cli/deployment/environment.ts'
import { findTemporalCli } from '../../cli/stack/temporal/find-program.ts'
import { stopRequested } from '../../cli/stack/processes/shutdown.ts'
import { runChaos } from './run-chaos.ts'

const program = new Command('npm run chaos --')
  .description('Adds accounts while processes and providers fail, then checks the invariants.')
  .option(
    '--seed <number>',
    'the seed of an earlier chaos run, to repeat its requests and faults',
    wholeNumber,
    randomInt(1_000_000_000),
  )
  .option('--onboardings <number>', 'the number of requests to send', wholeNumber, 300)
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
  console.log(violations.length === 0 ? 'All invariants hold.' : `Violations: ${violations.length}.`)
  // Promises that nobody awaits, such as open requests, would keep the process alive.
  process.exit(violations.length === 0 ? 0 : 1)
} catch (error) {
  console.error(error)
  process.exit(1)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.')
  return Number(text)
}
