import { DecisionRefused, stepsDecidedOn } from '../../domain/decisions/decidable-steps.ts'
import { makeDecision } from '../../temporal/make-decision.ts'
import { withLastDecision } from '../../domain/decisions/last-decision.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { DecisionAction, UndoAnswers } from '../../domain/decisions/decision.ts'
import { isBeingUndone } from '../../domain/decisions/read-decisions.ts'
import type { NewDecision } from '../../domain/decisions/take-decision.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { findRun, readProgress } from '../../domain/runs/read-runs.ts'
import type { RunStep, Run } from '../../domain/runs/run-record.ts'
import type { RunRequests } from '../../domain/runs/run-requests.ts'
import { findOrganization, type Organization } from '../../domain/organizations/read-organizations.ts'
import { findStartable } from '../../domain/runs/unstarted-runs.ts'
import { changesBetween, type FieldChange } from '../../domain/runs/request-changes.ts'
import { canBeAsked, type Registry } from '../../plugins/registry.ts'
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
import { waitUntilClosed } from '../runs/wait-until-closed.ts'

export interface DecisionDependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  feed: RunFeed
}

interface Target {
  caller: Caller
  run: Run
}

// Long enough for the ledger to show the decision, so that the answer does too.
const patience = 2_000

/** Tries stuck steps again, one of them with a corrected request if one is given. Done steps never run again. */
export async function retryRun(
  dependencies: DecisionDependencies,
  target: Target,
  body: {
    step?: string | undefined
    input?: Record<string, unknown> | undefined
    reason?: string | undefined
  },
): Promise<Run> {
  const { steps, undoing } = await decidedOn(dependencies.db, target, { action: 'retry', step: body.step })
  const [only, another] = steps
  const stepId = body.step ?? (another === undefined ? only?.planned.id : undefined)
  const { reason } = body
  if (body.input === undefined)
    return decide(dependencies, target, { action: 'retry', stepId, reason }, steps)
  if (only === undefined || another !== undefined) throw invalidRequest([fieldProblem('/step', stepNotNamed)])
  if (undoing) throw problem(undoneWithoutInput)
  const changes = await correction(dependencies, target, only, body.input)
  return decide(dependencies, target, { action: 'retry', stepId, reason, changes }, steps)
}

/** Goes on without a stuck step that is optional; or, where it is being undone, leaves what it did. */
export async function skipStep(
  dependencies: DecisionDependencies,
  target: Target,
  { step, reason }: { step: string; reason: string },
): Promise<Run> {
  const { steps } = await decidedOn(dependencies.db, target, { action: 'skip', step })
  return decide(dependencies, target, { action: 'skip', stepId: step, reason }, steps)
}

/** Ends a run and undoes what was done. */
export async function cancelRun(
  dependencies: DecisionDependencies,
  target: Target,
  { reason, undo }: { reason?: string | undefined; undo?: UndoAnswers | undefined },
): Promise<Run> {
  const { db } = dependencies
  const { run } = target
  const { steps } = await decidedOn(db, target, { action: 'cancel' })
  if (run.status === 'accepted') {
    // Only a run can be cancelled; if Temporal is away, the decision below says so.
    await startAgain(dependencies, run)
  }
  return decide(dependencies, target, { action: 'cancel', reason, undo }, steps)
}

/** @throws Problem when the decision does not apply to the run, with who decided last. */
async function decidedOn(
  db: DatabaseConnection,
  { run }: Target,
  decision: { action: DecisionAction; step?: string | undefined },
): Promise<{ steps: RunStep[]; undoing: boolean }> {
  if (decision.step !== undefined && !run.steps.some(({ planned }) => planned.id === decision.step)) {
    throw invalidRequest([fieldProblem('/step', unknownStep)])
  }
  const undoing = await isBeingUndone(db, run.id)
  try {
    return { steps: stepsDecidedOn(run, decision, { undoing }), undoing }
  } catch (error) {
    if (!(error instanceof DecisionRefused)) throw error
    const reason = await withLastDecision(db, run.id, error.message)
    throw problem(decisionRefused, { parameters: { reason }, nextAction: error.nextAction })
  }
}

async function correction(
  dependencies: DecisionDependencies,
  { caller, run }: Target,
  step: RunStep,
  input: Record<string, unknown>,
): Promise<FieldChange[]> {
  if (canLookUp(dependencies.registry, step)) throw problem(outcomeUnknownYet)
  return changesBetween(run.request, await corrected(dependencies, { caller, run }, step, input))
}

async function corrected(
  dependencies: DecisionDependencies,
  { caller, run }: Target,
  step: RunStep,
  input: Record<string, unknown>,
): Promise<RunRequests['add-account' | 'add-user']> {
  if (run.kind === 'add-user') return correctUser(dependencies, run, step, input)
  if (run.kind !== 'add-account') throw invalidRequest([fieldProblem('/input', notCorrectable)])
  const parent = await parentOf(dependencies.db, caller, run)
  return correctRequest(dependencies, run, parent, step, input)
}

async function decide(
  { db, runs, feed }: DecisionDependencies,
  { caller, run }: Target,
  decision: Omit<NewDecision, 'runId' | 'actor'>,
  about: readonly RunStep[],
): Promise<Run> {
  const before = await readProgress(db, run.id)
  const actor = caller.apiKeyId
  const result = await makeDecision(
    { db, sendDecision: runs.sendDecision },
    run,
    { ...decision, actor },
    about,
  )
  if (result.outcome === 'refused') throw problem(decisionRefused, { parameters: { reason: result.reason } })
  if (result.outcome === 'not_running') {
    await startAgain({ db, runs }, run)
  }
  if (result.outcome !== 'taken') throw problem(temporalUnreachable, { headers: { 'retry-after': '5' } })
  await waitUntilClosed({ db, feed }, run.id, {
    milliseconds: patience,
    until: ({ lastEvent }) => lastEvent > before.lastEvent,
  })
  return (await findRun(db, caller.path, run.id)) ?? run
}

/** A correction would be a new call, beside an earlier one that may have happened and can still be asked about. */
function canLookUp(registry: Registry, { planned, intentAt }: RunStep): boolean {
  const step = registry.step(planned)
  return intentAt !== null && step !== undefined && canBeAsked(step)
}

async function parentOf(db: DatabaseConnection, caller: Caller, run: Run): Promise<Organization> {
  const parent = await findOrganization(db, caller.path, run.parentId)
  if (parent === undefined) throw notFound()
  return parent
}

/** Starts its workflow, if it has none. Where Temporal is away, somebody tries again later. */
async function startAgain(
  { db, runs }: Pick<DecisionDependencies, 'db' | 'runs'>,
  { id }: Run,
): Promise<void> {
  const startable = await findStartable(db, id)
  if (startable !== undefined) await runs.start(startable).catch(() => undefined)
}
