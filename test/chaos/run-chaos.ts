import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createShutdown } from '../../cli/stack/processes/shutdown.ts'
import { rejectedOnAbort } from '../../domain/calls/deadline.ts'
import { type InvariantResult, checkInvariants } from './invariants/check-invariants.ts'
import { planRun } from './scenario/rounds.ts'
import { startRecorder } from './recorder/recorder.ts'
import { countFaults, describeEnds, type FaultCount, faultTable, resultLines } from './chaos-report.ts'
import { runScenario } from './scenario/run-scenario.ts'
import { startSystem } from './system/system.ts'

export interface ChaosOptions {
  seed: number
  /** How many requests, not counting those that are sent again. */
  onboardings: number
  temporalCliPath: string
  /** Ends the run, in good order. */
  signal: AbortSignal
  /** Given what a person follows a run by, a line at a time. */
  write(line: string): void
}

export interface ChaosOutcome {
  results: InvariantResult[]
  faults: FaultCount[]
}

/**
 * Has accounts added while everything around them fails, by a plan that follows from the seed; then judges what everybody
 * has on record.
 * @throws Error when the deployment does not come back, something stays under way, or it is told to end.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { seed, onboardings, write } = options
  const rounds = planRun(seed, onboardings)
  write(`Chaos with seed ${seed}: ${onboardings} onboardings in ${rounds.length} rounds`)
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-chaos-'))
  const shutdown = createShutdown()
  let isSound = false
  try {
    const secret = `whsec_${randomBytes(24).toString('base64')}`
    const recorder = await startRecorder(secret)
    shutdown.add(recorder.stop)
    const { smtpUrl, billingUrl } = recorder
    const { temporalCliPath } = options
    const billing = { url: billingUrl, secret }
    const system = await startSystem({ temporalCliPath, smtpUrl, billing, folder, shutdown })
    const { history, injected, repeats } = await Promise.race([
      runScenario({ system, recorder, rounds, write }),
      rejectedOnAbort(options.signal),
    ])
    const results = checkInvariants(history)
    const faults = countFaults(injected, results)
    for (const line of faultTable(faults)) write(line)
    write(`Ends: ${describeEnds(history)}. Customers asked again ${repeats} times for an answer.`)
    for (const line of resultLines(results)) write(line)
    isSound = results.every(({ violations }) => violations.length === 0)
    return { results, faults }
  } finally {
    await shutdown.run()
    if (isSound) await rm(folder, { recursive: true, force: true })
    else {
      write(`To repeat it: npm run chaos -- --seed ${seed} --onboardings ${onboardings}`)
      write(`The logs of all processes are kept in ${folder}`)
    }
  }
}
