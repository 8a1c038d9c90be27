import { ApplicationFailure, CancelledFailure, type Info } from '@temporalio/activity'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { pino } from 'pino'
import { createActivities } from '../../../activities/register.ts'
import { acceptRun } from '../../../domain/runs/accept-run.ts'
import type { TakenDecision } from '../../../domain/decisions/decision.ts'
import { ensureBootstrapKey, findCaller, generateApiKey } from '../../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import type { RunStatus } from '../../../domain/database/tables/run-tables.ts'
import type { PlannedStep } from '../../../domain/runs/run-plan.ts'
import { lockRun, type JournalEntry } from '../../../domain/runs/step-journal.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { type InlineStepsOutcome, undoActivity, workflowTypes } from '../../../workflows/contract.ts'
import { freshDatabase } from '../../stack/database.ts'
import { type ScriptedPlugin, scriptedPlugin } from './scripted-plugin.ts'

/** The activities of a worker on a database of its own, called as Temporal calls them. */
export interface StepRunner extends ScriptedPlugin {
  db: DatabaseConnection
  platformId: string
  /** What was logged, a line each. */
  log: string[]
  /** Accepts an onboarding with this plan, and makes it the one that everything else here is about. */
  accept(plan: PlannedStep[], company?: { name: string }): Promise<string>
  /** Runs one attempt of a step; rejects with the failure that Temporal gets. */
  run(step: PlannedStep, info?: Partial<Info>): Promise<unknown>
  /** Runs an attempt whose worker is stopped in the middle of its call: what came of that nobody has heard. */
  loseAnswer(step: PlannedStep): Promise<void>
  undo(step: PlannedStep): Promise<unknown>
  inline(steps?: PlannedStep[]): Promise<InlineStepsOutcome>
  /** Another activity, by its name, with the decision that led to it if one did. */
  tell(activity: string, call: object, info?: Partial<Info>, decision?: TakenDecision): Promise<unknown>
  /** As the run does once a person decided on a step, by a signal. */
  decide(
    action: 'retry' | 'skip',
    step: Pick<PlannedStep, 'id'>,
    phase?: 'running' | 'cancelling',
  ): Promise<unknown>
  /** The newest revision of a step in the ledger. */
  ledger(step: PlannedStep): Promise<JournalEntry | undefined>
  status(): Promise<RunStatus>
  close(): Promise<void>
}

// That attempts fail is what is tested here.
const quiet = new DefaultLogger('ERROR')

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
      const row = await acceptRun(db, {
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
    undo: (step) => call(undoActivity(step.id), { step }),
    inline: async (steps = accepted) => (await call('inline-steps', { steps })) as InlineStepsOutcome,
    tell: call,
    decide(action, { id }, phase = 'running') {
      decisions += 1
      const decision: TakenDecision = { action, step: id, source: 'signal', number: decisions }
      return call(`record-${action}`, { stepId: id, phase }, {}, decision)
    },
    ledger: async ({ id }) => (await locked()).entries.get(id),
    status: async () => (await locked()).status,
    async close() {
      await registry.close()
      await drop()
    },
  }
}

/** What Temporal is told about an attempt that failed. */
export async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ApplicationFailure) return error
  throw new Error('It did not fail with something that Temporal understands.', { cause: error })
}
