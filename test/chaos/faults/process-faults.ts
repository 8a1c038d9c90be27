import { sql } from 'kysely'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { ProcessFaultName } from '../scenario/rounds.ts'
import { replaceWorkers, startWorkers, type System } from '../system/system.ts'

/** The state of a round when its fault occurs. */
interface FaultContext {
  system: System
  recorder: Recorder
  /** The name of the request whose call the recorder holds; undefined if the fault does not wait for a held call. */
  held: string | undefined
  /** Resolves when every request of the round has its answer. */
  answered: Promise<unknown>
}

/** Each kills, freezes or replaces processes of the deployment, and resolves when all of them run again. */
export const processFaults: Record<ProcessFaultName, (context: FaultContext) => Promise<void>> = {
  'worker killed': ({ system }) => replaceWorkers(system),
  /** The sweeper of the next API starts the runs that were accepted but not started. */
  async 'API killed'({ system }) {
    const { release } = system.api
    await system.api.kill()
    system.api = await system.launcher.start('api', release)
  },
  /** Temporal is restarted when every request of the round has been accepted without it. */
  async 'Temporal killed'({ system, recorder, answered }) {
    await system.temporal.kill()
    recorder.release()
    await answered
    await system.temporal.restart()
  },
  /**
   * Postgres is restarted when the API reports that it is not ready. The held call is answered in between, so its step has
   * an outcome that it cannot record.
   */
  async 'Postgres killed'({ system, recorder }) {
    await system.postgres.kill()
    recorder.release()
    const noticed = async () => !(await fetch(`${system.origin}/health/ready`)).ok
    await waitUntil(noticed, {
      withinMs: 60_000,
      gaveUp: () => new Error('The API stayed ready without a database.'),
    })
    await system.postgres.restart()
  },
  /**
   * The workers are frozen during a call until new workers have taken over the step. Then the recorder answers the held call
   * and the frozen workers are thawed, so they try to record an outcome for an attempt that Temporal has given up on.
   */
  async 'worker frozen and thawed'({ system, recorder, held }) {
    const before = await providerSteps(system, held)
    const frozen = system.workers.splice(0)
    for (const worker of frozen) worker.freeze()
    await startWorkers(system)
    const takenOver = async () => (await providerSteps(system, held)) !== before
    const gaveUp = () => new Error(`No other worker took ${held} over.`)
    await waitUntil(takenOver, { withinMs: 240_000, pauseMs: 200, gaveUp })
    recorder.release()
    for (const worker of frozen) worker.thaw()
    await Promise.all(frozen.map((worker) => worker.stop()))
  },
  /** The next release is deployed: its worker starts beside that of the first release, which stays for open runs. */
  async 'new run plan deployed'({ system }) {
    system.releases.push('next')
    system.workers.push(await system.launcher.start('worker', 'next'))
    await system.api.stop()
    system.api = await system.launcher.start('api', 'next')
  },
}

/** @returns the attempts and statuses of the steps that call a provider, as text. A takeover changes it. */
async function providerSteps({ db }: System, requestName: string | undefined): Promise<string> {
  const steps = await db
    .selectFrom('step_runs')
    .innerJoin('runs', 'runs.id', 'step_runs.run_id')
    .where(sql`request #>> '{company,name}'`, '=', requestName ?? '')
    .where('step_id', 'in', ['start-billing', 'notify-user'])
    .select(['step_id', 'attempts', 'step_runs.status'])
    .orderBy('step_id')
    .execute()
  return JSON.stringify(steps)
}
