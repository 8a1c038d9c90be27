import { ApplicationFailure, CancelledFailure, type Info } from '@temporalio/activity'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import type { Selectable } from 'kysely'
import { pino } from 'pino'
import { createActivities } from '../../../activities/register.ts'
import { acceptOnboarding } from '../../../domain/runs/accept-onboarding.ts'
import type { TakenDecision } from '../../../domain/decisions/decision.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import type { Database } from '../../../domain/database/tables.ts'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import type { RunStatus } from '../../../domain/database/tables/run-tables.ts'
import type { PlannedStep } from '../../../domain/runs/run-plan.ts'
import { lockRun, type JournalEntry } from '../../../domain/runs/step-journal.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { type InlineStepsOutcome, undoActivity, workflowTypes } from '../../../workflows/contract.ts'
import { freshDatabase } from '../../stack/database.ts'
import { errorText, failing, type ScriptedPlugin, scriptedPlugin } from './scripted-plugin.ts'

/** The activities of a worker on its own database, called as Temporal calls them. All are about the run accepted last. */
export interface StepRunner extends ScriptedPlugin {
  db: DatabaseConnection
  platformId: string
  /** The lines of the log. */
  log: string[]
  /** Accepts a run that adds an account with this run plan. @returns the id of the run. */
  accept(plan: PlannedStep[], company?: { name: string }): Promise<string>
  /** Runs one attempt of a step. Rejects with the failure that Temporal gets. */
  run(step: PlannedStep, info?: Partial<Info>): Promise<unknown>
  /** Runs an attempt whose worker is stopped during the call, so that the outcome of the call is unknown. */
  loseAnswer(step: PlannedStep): Promise<void>
  /** Runs an attempt that fails with a StepError of this class, and resets the plug-in. Default `needs_input`. */
  getStuck(step: PlannedStep, errorClass?: ErrorClass): Promise<void>
  undo(step: PlannedStep): Promise<unknown>
  /** Runs the activity of the inline steps, by default with all steps of the plan. */
  runInlineSteps(steps?: PlannedStep[]): Promise<InlineStepsOutcome>
  /** Calls an activity by its name, with the decision that led to the call, if there was one. */
  callActivity(
    activity: string,
    call: object,
    info?: Partial<Info>,
    decision?: TakenDecision,
  ): Promise<unknown>
  /** Records a decision on a step that came by a signal. Default phase: `running`. */
  decide(
    action: 'retry' | 'skip',
    step: Pick<PlannedStep, 'id'>,
    phase?: 'running' | 'cancelling',
  ): Promise<unknown>
  /** Records that a step is stuck, as a run does that lost its attempt. */
  recordAttention(step: Pick<PlannedStep, 'id'>): Promise<unknown>
  /** The newest revision of a step in the step journal. */
  entry(step: PlannedStep): Promise<JournalEntry | undefined>
  /** The rows of table `step_runs`, by step and revision. */
  stepRows(): Promise<Selectable<Database['step_runs']>[]>
  /** The row of table `runs`. */
  runRow(): Promise<Selectable<Database['runs']>>
  status(): Promise<RunStatus>
  setStatus(status: RunStatus): Promise<void>
  close(): Promise<void>
}

// Failed attempts are expected in these tests, so their warnings are not logged.
const quiet = new DefaultLogger('ERROR')

/** Starts a step runner on a fresh database, with the steps of a scripted plug-in. */
export async function startStepRunner(): Promise<StepRunner> {
  const { db, drop } = await freshDatabase()
  const key = generateApiKey()
  await ensureBootstrapKey(db, key)
  const caller = await findCaller(db, key)
  if (caller === undefined) throw new Error('The key was made a moment ago.')
  const { organizationId: platformId, apiKeyId } = caller
  const scripted = scriptedPlugin()
  const registry = createRegistry([scripted.plugin])
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
  return {
    ...scripted,
    db,
    platformId,
    log,
    async accept(plan, { name } = { name: 'Northwind' }) {
      accepted = plan
      const row = await acceptOnboarding(db, {
        parentId: platformId,
        apiKeyId,
        idempotencyKey: undefined,
        bodyHash: '',
        request: { type: 'customer', company: { name, country: 'US', state: 'US-TX' } },
        plan,
      })
      if (row === undefined) throw new Error('The platform is there.')
      runId = row.id
      return runId
    },
    run: (step, info) => call(step.id, { step }, info),
    async loseAnswer(step) {
      scripted.script.set(`execute ${step.id}`, () => {
        throw new CancelledFailure('The worker is stopped.')
      })
      await call(step.id, { step }).catch(() => undefined)
      scripted.script.delete(`execute ${step.id}`)
    },
    async getStuck(step, errorClass = 'needs_input') {
      scripted.script.set(`execute ${step.id}`, failing(errorClass))
      await failureOf(call(step.id, { step }))
      scripted.reset()
    },
    recordAttention: ({ id }) =>
      call('record-attention', { stepId: id, failure: { class: 'retryable', ...errorText } }),
    undo: (step) => call(undoActivity(step.id), { step }),
    runInlineSteps: async (steps = accepted) => (await call('inline-steps', { steps })) as InlineStepsOutcome,
    callActivity: call,
    decide(action, { id }, phase = 'running') {
      decisions += 1
      const decision: TakenDecision = { action, step: id, source: 'signal', number: decisions }
      return call(`record-${action}`, { stepId: id, phase }, {}, decision)
    },
    entry: async ({ id }) => (await locked()).entries.get(id),
    stepRows: () =>
      db
        .selectFrom('step_runs')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('step_id')
        .orderBy('revision')
        .execute(),
    runRow: () => db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    status: async () => (await locked()).status,
    async setStatus(status) {
      await db.updateTable('runs').set({ status }).where('id', '=', runId).execute()
    },
    async close() {
      await registry.close()
      await drop()
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
