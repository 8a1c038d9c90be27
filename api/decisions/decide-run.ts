import { DecisionRefused, stepsDecidedOn } from '../../domain/decisions/decidable-steps.ts'
import { makeDecision } from '../../temporal/make-decision.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { DecisionAction, UndoAnswers } from '../../domain/decisions/decision.ts'
import { isBeingUndone, withLastDecision } from '../../domain/decisions/read-decisions.ts'
import type { NewDecision } from '../../domain/decisions/take-decision.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { findRun, readProgress } from '../../domain/runs/read-runs.ts'
import type { RunStep, Run } from '../../domain/runs/run-record.ts'
import type { RunRequests } from '../../domain/runs/run-requests.ts'
import { findOrganization, type Organization } from '../../domain/organizations/read-organizations.ts'
import { findStartable } from '../../domain/runs/unstarted-runs.ts'
import { changesBetween, type FieldChange } from '../../domain/runs/request-changes.ts'
import { hasLookup, type Registry } from '../../plugins/registry.ts'
import type { AccountDefaults } from '../accounts/account-request.ts'
import { correctRequest } from './correct-request.ts'
import { correctUser } from './correct-user.ts'
import {
  decisionRefused,
  outcomeUnknownYet,
  temporalUnreachable,
  undoneWithoutInput,
} from '../http/errors.ts'
import { notCorrectable, stepNotNamed, unknownStep } from '../http/field-errors.ts'
import type { RunFeed } from '../runs/run-feed.ts'
import type { Runs } from '../../temporal/runs.ts'
import { invalidRequest, notFound, problem } from '../http/problem.ts'
import { waitForRun } from '../runs/wait-for-run.ts'

export interface DecisionDependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  feed: RunFeed
}

/** The run that a decision is about, and the caller who makes the decision. */
export interface Target {
  caller: Caller
  run: Run
  /** @throws Problem when the key of the caller became invalid. */
  authenticate(): Promise<unknown>
}

/** Milliseconds to wait until the step journal shows the effect of a decision, so that the response shows it too. */
const effectTimeout = 2_000

/**
 * Retries stuck steps. Done steps never run again.
 * @param body `step` is the step to retry, by default every stuck step. `input` is a correction for one step, a JSON merge patch.
 * @throws Problem when the run does not allow the decision, or the correction is invalid.
 */
export async function retryRun(
  dependencies: DecisionDependencies,
  target: Target,
  body: {
    step?: string | undefined
    input?: Record<string, unknown> | undefined
    reason?: string | undefined
  },
): Promise<Run> {
  const { steps, undoing } = await findDecidedSteps(dependencies.db, target, {
    action: 'retry',
    step: body.step,
  })
  const [only, another] = steps
  const stepId = body.step ?? (another === undefined ? only?.planned.id : undefined)
  const { reason } = body
  if (body.input === undefined)
    return decide(dependencies, target, { action: 'retry', stepId, reason }, steps)
  if (only === undefined || another !== undefined) throw invalidRequest([fieldProblem('/step', stepNotNamed)])
  if (undoing) throw problem(undoneWithoutInput)
  const changes = await correctedFields(dependencies, target, only, body.input)
  return decide(dependencies, target, { action: 'retry', stepId, reason, changes }, steps)
}

/**
 * Continues a run without a stuck optional step. In a run that is being cancelled, keeps the effect of a step that could not be
 * undone.
 * @throws Problem when the run does not allow the decision.
 */
export async function skipStep(
  dependencies: DecisionDependencies,
  target: Target,
  { step, reason }: { step: string; reason: string },
): Promise<Run> {
  const { steps } = await findDecidedSteps(dependencies.db, target, { action: 'skip', step })
  return decide(dependencies, target, { action: 'skip', stepId: step, reason }, steps)
}

/** @param options `undo` says for each step with undo policy `ask` whether to undo or keep its effect. */
export async function cancelRun(
  dependencies: DecisionDependencies,
  target: Target,
  { reason, undo }: { reason?: string | undefined; undo?: UndoAnswers | undefined },
): Promise<Run> {
  const { db } = dependencies
  const { run } = target
  const { steps } = await findDecidedSteps(db, target, { action: 'cancel' })
  if (run.status === 'accepted') {
    // Only a workflow can take the decision. When Temporal is unreachable, the decision below is answered with a problem.
    await startUnstarted(dependencies, run)
  }
  return decide(dependencies, target, { action: 'cancel', reason, undo }, steps)
}

/** @returns also whether the run is being undone. @throws Problem with the last decision, when the run does not allow this one. */
async function findDecidedSteps(
  db: DatabaseConnection,
  { run }: Target,
  decision: { action: DecisionAction; step?: string | undefined },
): Promise<{ steps: RunStep[]; undoing: boolean }> {
  if (decision.step !== undefined && !run.steps.some(({ planned }) => planned.id === decision.step))
    throw invalidRequest([fieldProblem('/step', unknownStep)])
  const undoing = await isBeingUndone(db, run.id)
  try {
    return { steps: stepsDecidedOn(run, decision, { undoing }), undoing }
  } catch (error) {
    if (!(error instanceof DecisionRefused)) throw error
    const reason = await withLastDecision(db, run.id, error.message)
    throw problem(decisionRefused, { parameters: { reason }, nextAction: error.nextAction })
  }
}

/** The fields that a correction changes. @throws Problem when the step or its input cannot be corrected. */
async function correctedFields(
  dependencies: DecisionDependencies,
  { caller, run }: Pick<Target, 'caller' | 'run'>,
  step: RunStep,
  input: Record<string, unknown>,
): Promise<FieldChange[]> {
  if (canLookUp(dependencies.registry, step)) throw problem(outcomeUnknownYet)
  return changesBetween(run.request, await correctedRequest(dependencies, { caller, run }, step, input))
}

async function correctedRequest(
  dependencies: DecisionDependencies,
  { caller, run }: Pick<Target, 'caller' | 'run'>,
  step: RunStep,
  input: Record<string, unknown>,
): Promise<RunRequests['add-account' | 'add-user']> {
  if (run.kind === 'add-user') return correctUser(dependencies, run, step, input)
  if (run.kind !== 'add-account') throw invalidRequest([fieldProblem('/input', notCorrectable)])
  const parent = await parentOf(dependencies.db, caller, run)
  return correctRequest(dependencies, run, parent, step, input)
}

/** Sends a decision to the workflow of the run, and waits until the run shows its effect. */
async function decide(
  { db, runs, feed }: DecisionDependencies,
  { caller, run, authenticate }: Target,
  decision: Omit<NewDecision, 'runId' | 'actor'>,
  steps: readonly RunStep[],
): Promise<Run> {
  const before = await readProgress(db, run.id)
  const actor = caller.apiKeyId
  const result = await makeDecision(
    { db, sendDecision: runs.sendDecision },
    run,
    { ...decision, actor },
    steps,
  )
  if (result.outcome === 'refused') throw problem(decisionRefused, { parameters: { reason: result.reason } })
  if (result.outcome === 'not_running') await startUnstarted({ db, runs }, run)
  if (result.outcome !== 'taken') throw problem(temporalUnreachable, { headers: { 'retry-after': '5' } })
  await waitForRun({ db, feed }, run.id, {
    milliseconds: effectTimeout,
    until: ({ lastEvent }) => lastEvent > before.lastEvent,
    authenticate,
  })
  return (await findRun(db, caller.path, run.id)) ?? run
}

/** Whether a call of the step has an unknown outcome that its `lookup` can still find. A correction would call a second time. */
function canLookUp(registry: Registry, { planned, intentAt }: RunStep): boolean {
  const step = registry.step(planned)
  return intentAt !== null && step !== undefined && hasLookup(step)
}

async function parentOf(db: DatabaseConnection, caller: Caller, run: Run): Promise<Organization> {
  const parent = await findOrganization(db, caller.path, run.parentId)
  if (parent === undefined) throw notFound()
  return parent
}

/** Starts the workflow of a run that has none. When Temporal is unreachable, the sweeper starts it later. */
async function startUnstarted(
  { db, runs }: Pick<DecisionDependencies, 'db' | 'runs'>,
  { id }: Run,
): Promise<void> {
  const startable = await findStartable(db, id)
  if (startable !== undefined) await runs.start(startable).catch(() => undefined)
}
