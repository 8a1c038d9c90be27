import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createShutdown } from '../../cli/stack/processes/shutdown.ts'
import { rejectedOnAbort } from '../../domain/calls/deadline.ts'
import { checkInvariants } from './invariants/check-invariants.ts'
import { planScenario } from './scenario/rounds.ts'
import { startRecorder } from './recorder/recorder.ts'
import { countFaults, describeStatuses, faultTable, resultLines } from './chaos-report.ts'
import { runScenario } from './scenario/run-scenario.ts'
import { startSystem } from './system/system.ts'

interface ChaosOptions {
  seed: number
  /** The number of requests, without repeated ones. */
  onboardings: number
  temporalCliPath: string
  /** Ends the chaos run early. All processes are stopped. */
  signal: AbortSignal
  /** Called with each line of the report. */
  write(line: string): void
}

/**
 * Adds accounts while processes and providers fail, in a scenario that is derived from the seed. Then it checks the
 * invariants. After a violation or an error, the logs of all processes are kept.
 * @throws Error when the deployment does not recover, a run does not close, or `signal` is aborted.
 */
export async function runChaos({ seed, onboardings, temporalCliPath, signal, write }: ChaosOptions) {
  const rounds = planScenario(seed, onboardings)
  write(`Chaos with seed ${seed}: ${onboardings} onboardings in ${rounds.length} rounds`)
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-chaos-'))
  const shutdown = createShutdown()
  let holds = false
  try {
    const secret = `whsec_${randomBytes(24).toString('base64')}`
    const recorder = await startRecorder(secret)
    shutdown.add(recorder.stop)
    const system = await startSystem({ temporalCliPath, recorder, secret, folder, shutdown })
    const { history, injected, repeats } = await Promise.race([
      runScenario({ system, recorder, rounds, write }),
      rejectedOnAbort(signal),
    ])
    const results = checkInvariants(history)
    const faults = countFaults(injected, results)
    for (const line of faultTable(faults)) write(line)
    write(`Runs: ${describeStatuses(history)}. Calls repeated for want of an answer: ${repeats}.`)
    for (const line of resultLines(results)) write(line)
    holds = results.every(({ violations }) => violations.length === 0)
    return { results, faults }
  } finally {
    await shutdown.run()
    if (holds) await rm(folder, { recursive: true, force: true })
    else {
      write(`To repeat this run: npm run chaos -- --seed ${seed} --onboardings ${onboardings}`)
      write(`The logs of all processes are kept in ${folder}`)
    }
  }
}
