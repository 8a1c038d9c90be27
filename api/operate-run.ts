import { setTimeout as delay } from 'node:timers/promises'
import type { Caller } from '../domain/api-keys.ts'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { recordCancelRequest } from '../domain/onboarding-audit.ts'
import { findRun, type OnboardingStep, readProgress, type Run } from '../domain/onboardings.ts'
import { findOrganization, type Organization } from '../domain/organizations.ts'
import { openRevision, recordDecision } from '../domain/step-ledger.ts'
import type { Registry } from '../plugins/registry.ts'
import type { AccountDefaults } from './account-request.ts'
import { correctRequest } from './correct-request.ts'
import type { OnboardingFeed } from './onboarding-feed.ts'
import type { Decision, DecisionOutcome, Runs, StartableRun } from './runs.ts'
import { invalidRequest, notFound, Problem } from './problem.ts'
import { waitForOnboarding } from './wait-for-onboarding.ts'

export interface OperateDependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  runs: Runs
  feed: OnboardingFeed
}

interface Target {
  caller: Caller
  run: Run
}

// Long enough for the ledger to show the decision, so that the answer does too.
const patience = 2_000
// A run that has to be replayed on another worker takes a few seconds to know what the ledger knows.
const contradictionPatience = 6_000
const pause = 100

/** Tries stuck steps again, one of them with a corrected request if one is given. Done steps never run again. */
export async function retryRun(
  dependencies: OperateDependencies,
  { caller, run }: Target,
  body: {
    step?: string | undefined
    input?: Record<string, unknown> | undefined
    reason?: string | undefined
  },
): Promise<Run> {
  const steps = body.step === undefined ? stuckSteps(run) : [stuckStep(run, body.step)]
  const retryable = steps.filter((step) => step.error?.class !== 'terminal')
  const [only, another] = retryable
  if (only === undefined)
    throw invalidState('A failure of this kind can not be retried; it can be cancelled.')
  const audit = {
    onboardingId: run.id,
    actor: caller.apiKeyId,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
  }
  if (body.input === undefined) {
    for (const step of retryable) await recordDecision(dependencies.db, { ...audit, stepId: step.planned.id })
  } else {
    if (another !== undefined) {
      const message = 'Several steps are stuck: name the one that the input is for.'
      throw invalidRequest([{ pointer: '/step', code: 'required', message }])
    }
    if (only.output !== null) throw invalidState('This step is being undone; retry it without input.')
    if (canLookUp(dependencies.registry, only))
      throw invalidState('It is not known yet whether this step happened. Retry it without input first.')
    if (run.kind !== 'add-account') {
      const message =
        'What an operation was asked for is fixed. Mend the cause and retry without input, or cancel.'
      throw invalidRequest([{ pointer: '/input', code: 'not_correctable', message }])
    }
    const parent = await parentOf(dependencies.db, caller, run)
    const request = await correctRequest(dependencies, run, parent, only, body.input)
    const correction = { ...audit, stepId: only.planned.id, request, correction: body.input }
    if (!(await openRevision(dependencies.db, correction)))
      throw invalidState('The step is not stuck any more.')
  }
  return decide(
    dependencies,
    { caller, run },
    { operation: 'retry', step: body.step, actor: caller.apiKeyId },
  )
}

/** Goes on without a stuck step that is optional. */
export async function skipStep(
  dependencies: OperateDependencies,
  { caller, run }: Target,
  body: { step: string; reason: string },
): Promise<Run> {
  const step = stuckStep(run, body.step)
  if (!step.planned.optional)
    throw invalidState('This step is not optional: the account would not be whole without it.')
  const actor = caller.apiKeyId
  await recordDecision(dependencies.db, {
    onboardingId: run.id,
    stepId: body.step,
    actor,
    reason: body.reason,
  })
  return decide(dependencies, { caller, run }, { operation: 'skip', step: body.step, actor })
}

/** Ends a run and undoes what was done. */
export async function cancelRun(
  dependencies: OperateDependencies,
  { caller, run }: Target,
  body: { reason?: string | undefined; undo?: Record<string, 'undo' | 'keep'> | undefined },
): Promise<Run> {
  const { id, status } = run
  if (status !== 'accepted' && status !== 'running' && status !== 'needs_attention') {
    throw invalidState(`It is ${status}, so it can not be cancelled.`)
  }
  const { db, runs } = dependencies
  const actor = caller.apiKeyId
  await recordCancelRequest(db, { onboardingId: id, status, actor, reason: body.reason })
  if (status === 'accepted') {
    const parent = await parentOf(db, caller, run)
    // Only a run can be cancelled; if Temporal is away, the decision below says so.
    await runs.start(startable(run, parent)).catch(() => undefined)
  }
  return decide(dependencies, { caller, run }, { operation: 'cancel', undo: body.undo, actor })
}

async function decide(
  { db, runs, feed }: OperateDependencies,
  { caller, run }: Target,
  decision: Decision,
): Promise<Run> {
  const before = await readProgress(db, run.id)
  const result = await handOver({ db, runs }, { caller, run }, decision)
  if (result.outcome === 'refused') throw invalidState(result.reason)
  if (result.outcome === 'not_running') {
    await runs.start(startable(run, await parentOf(db, caller, run))).catch(() => undefined)
  }
  if (result.outcome !== 'taken') {
    throw new Problem(
      'temporal_unreachable',
      'The run did not take the decision in time. Nothing was lost.',
      {
        headers: { 'retry-after': '5' },
      },
    )
  }
  await waitForOnboarding({ db, feed }, run.id, {
    milliseconds: patience,
    until: ({ lastEvent }) => lastEvent > before.lastEvent,
  })
  return (await findRun(db, caller.path, run.id)) ?? run
}

/**
 * The ledger says that a step is stuck a moment before its run knows, and longer when a worker died in between. So a
 * refusal counts only when the ledger bears it out, or goes on contradicting it.
 */
async function handOver(
  { db, runs }: Pick<OperateDependencies, 'db' | 'runs'>,
  { caller, run }: Target,
  decision: Decision,
): Promise<DecisionOutcome> {
  const deadline = Date.now() + contradictionPatience
  for (;;) {
    const result = await runs.decide(run, decision)
    if (result.outcome !== 'refused' || decision.operation === 'cancel' || Date.now() > deadline)
      return result
    const now = await findRun(db, caller.path, run.id)
    const waits = now?.steps.some(
      ({ planned, status }) =>
        status === 'needs_attention' && (decision.step === undefined || decision.step === planned.id),
    )
    if (!waits) return result
    await delay(pause)
  }
}

function stuckSteps(run: Run): OnboardingStep[] {
  const steps = run.steps.filter((step) => step.status === 'needs_attention')
  if (run.status === 'needs_attention' && steps.length > 0) return steps
  throw invalidState(`It is ${run.status}; no step waits for a person.`)
}

function stuckStep(run: Run, id: string): OnboardingStep {
  const step = run.steps.find(({ planned }) => planned.id === id)
  if (step === undefined) {
    throw invalidRequest([{ pointer: '/step', code: 'unknown_step', message: 'This run has no such step.' }])
  }
  if (stuckSteps(run).includes(step)) return step
  throw invalidState(`The step is ${step.status}; it does not wait for a person.`)
}

/** A correction would be a new call, beside an earlier one that may have happened and can still be asked about. */
function canLookUp(registry: Registry, { planned, intentAt }: OnboardingStep): boolean {
  const step = registry.step(planned)
  if (intentAt === null || step === undefined) return false
  return step.placement !== 'transactional' && step.lookup !== undefined
}

function invalidState(detail: string): Problem {
  return new Problem('invalid_state', detail)
}

async function parentOf(db: DatabaseConnection, caller: Caller, run: Run): Promise<Organization> {
  const parent = await findOrganization(db, caller.path, run.parentId)
  if (parent === undefined) throw notFound()
  return parent
}

function startable(run: Run, parent: Organization): StartableRun {
  return { ...run, plan: run.steps.map(({ planned }) => planned), parent }
}
