import { ApplicationFailure, CancelledFailure, type Info } from '@temporalio/activity'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import type { Updateable } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeEach } from 'vitest'
import { createActivities } from '../../../activities/register.ts'
import { acceptOnboarding } from '../../../domain/runs/accept-onboarding.ts'
import type { TakenDecision } from '../../../domain/decisions/decision.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import type { Database } from '../../../domain/database/tables.ts'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import type { RunStatus } from '../../../domain/database/tables/run-tables.ts'
import type { PlannedStep } from '../../../domain/runs/run-plan.ts'
import { lockRun } from '../../../domain/runs/step-journal.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { type InlineStepsOutcome, undoActivity, workflowTypes } from '../../../workflows/contract.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'
import { guardProviders } from '../../stack/transaction-guard.ts'
import { errorText, failing, scriptedPlugin } from './scripted-plugin.ts'

// Failed attempts are expected in these tests, so their warnings are not logged.
const quiet = new DefaultLogger('ERROR')

/**
 * Starts the activities of a worker on a database of its own, with the steps of a scripted plug-in, for all tests of a file.
 * The tests call them as Temporal does, about the run accepted last. Call it at the top of the file.
 * @param plan of the run that is accepted before each test.
 */
export async function startStepRunnerForFile(plan: PlannedStep[]) {
  const { db } = await freshDatabaseForFile()
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const caller = await findCaller(db, key)
  if (caller === undefined) throw new Error('The key was made a moment ago.')
  const { organizationId: platformId, apiKeyId } = caller
  const scripted = scriptedPlugin()
  const guard = guardProviders([scripted.plugin])
  const registry = createRegistry(guard.plugins)
  /** The lines of the log. */
  const log: string[] = []
  const logger = pino({ level: 'info' }, { write: (line) => void log.push(line) })
  const activities = createActivities({ db, registry, logger })
  let runId = ''
  let decisions = 0
  let accepted: PlannedStep[] = []
  const call = (
    activity: string,
    argument: object,
    info: Partial<Info> = {},
    ...more: unknown[]
  ): Promise<unknown> => {
    const body = activities[activity] ?? activities.default
    if (body === undefined) throw new Error(`There is no activity ${activity}.`)
    const environment = new MockActivityEnvironment(
      { activityType: activity, workflowType: workflowTypes['add-account'], ...info },
      { logger: quiet },
    )
    return environment.run(body, { runId, ...argument } as never, ...(more as never[]))
  }
  const locked = () => db.transaction().execute((transaction) => lockRun(transaction, runId))
  /** Accepts a run that adds an account with this run plan. */
  const accept = async (steps: PlannedStep[], { name } = { name: 'Northwind' }): Promise<void> => {
    accepted = steps
    const row = await acceptOnboarding(db, {
      parentId: platformId,
      apiKeyId,
      idempotencyKey: undefined,
      bodyHash: '',
      request: { type: 'customer', company: { name, country: 'US', state: 'US-TX' } },
      plan: steps,
    })
    if (row === undefined) throw new Error('The platform is there.')
    runId = row.id
  }
  beforeEach(async () => {
    scripted.reset()
    log.splice(0)
    await accept(plan)
  })
  afterAll(async () => {
    await registry.close()
    guard.check()
  })
  return {
    ...scripted,
    db,
    platformId,
    log,
    accept,
    get runId() {
      return runId
    },
    /** Runs one attempt of a step. Rejects with the failure that Temporal gets. */
    run: (step: PlannedStep, info?: Partial<Info>) => call(step.id, { step }, info),
    /** Runs an attempt of a step, and deletes the recorded calls and the script. */
    async finish(step: PlannedStep): Promise<void> {
      await call(step.id, { step })
      scripted.reset()
    },
    /** Runs an attempt whose worker is stopped during the call, so that the outcome of the call is unknown. */
    async loseAnswer(step: PlannedStep): Promise<void> {
      scripted.script.set(`execute ${step.id}`, () => {
        throw new CancelledFailure('The worker is stopped.')
      })
      await call(step.id, { step }).catch(() => undefined)
      scripted.script.delete(`execute ${step.id}`)
    },
    /** Runs an attempt that fails with a StepError of this class, and resets the plug-in. */
    async getStuck(step: PlannedStep, errorClass: ErrorClass = 'needs_input'): Promise<void> {
      scripted.script.set(`execute ${step.id}`, failing(errorClass))
      await failureOf(call(step.id, { step }))
      scripted.reset()
    },
    /** Records that a step is stuck, as a run does that lost its attempt. */
    recordAttention: ({ id }: Pick<PlannedStep, 'id'>) =>
      call('record-attention', { stepId: id, failure: { class: 'retryable', ...errorText } }),
    undo: (step: PlannedStep) => call(undoActivity(step.id), { step }),
    /** Runs the activity of the inline steps, by default with all steps of the plan. */
    runInlineSteps: async (steps = accepted) => (await call('inline-steps', { steps })) as InlineStepsOutcome,
    /** Calls an activity by its name, with the decision that led to the call, if there was one. */
    callActivity: call,
    recordEnding: (status: RunStatus) => call('record-ending', { status }),
    /** Records a decision on a step that came by a signal. */
    decide(action: 'retry' | 'skip', { id }: PlannedStep, phase: 'running' | 'cancelling' = 'running') {
      decisions += 1
      const decision: TakenDecision = { action, step: id, source: 'signal', number: decisions }
      return call(`record-${action}`, { stepId: id, phase }, {}, decision)
    },
    /** The newest revision of a step in the step journal. */
    entry: async ({ id }: Pick<PlannedStep, 'id'>) => (await locked()).entries.get(id),
    /** The rows of table `step_runs`, by step and revision. */
    stepRows: () =>
      db
        .selectFrom('step_runs')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('step_id')
        .orderBy('revision')
        .execute(),
    /** Changes the rows of table `step_runs`, as another worker may. */
    updateSteps: (change: Updateable<Database['step_runs']>) =>
      db.updateTable('step_runs').set(change).where('run_id', '=', runId).execute(),
    runRow: () => db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    /** The events of the run, in order. */
    events: () =>
      db.selectFrom('run_events').selectAll().where('run_id', '=', runId).orderBy('sequence').execute(),
    status: async () => (await locked()).status,
    async setStatus(status: RunStatus): Promise<void> {
      await db.updateTable('runs').set({ status }).where('id', '=', runId).execute()
    },
  }
}

/** Waits until an attempt fails, and returns the failure that Temporal gets. */
export async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ApplicationFailure) return error
  throw new Error('It did not fail with something that Temporal understands.', { cause: error })
}
