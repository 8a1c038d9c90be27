import {
  type Client,
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common'
import type { DecisionAction, UndoAnswers } from '../domain/decisions/decision.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import { operations, type SentDecision, workflowIdOf } from '../workflows/contract.ts'

/** A decision that is written down, as the run is told of it. Reasons and corrections stay in our own database. */
export interface WrittenDecision {
  id: string
  action: DecisionAction
  step?: string | undefined
  /** For `cancel`: answers for the steps whose policy is to ask. */
  undo?: UndoAnswers | undefined
  /** For `cancel`: the steps that were stuck when it was decided. */
  stuck?: string[] | undefined
  /** The id of the API key. */
  actor: string
}

/**
 * What became of a decision: `refused` by the workflow, in words, which may not have heard yet that it is stuck; `not_running`
 * when there is no open workflow; `unreachable` when Temporal, or the worker behind it, did not answer in time. Then it may
 * still be taken later.
 */
export type SendOutcome =
  | { outcome: 'taken' }
  | { outcome: 'refused'; reason: string; mayNotHaveHeard?: boolean }
  | { outcome: 'not_running' }
  | { outcome: 'unreachable' }

const deadline = 5_000

/** Hands a decision to the workflow and waits until it is taken. Handing it over again is the same decision. */
export async function sendDecision(
  client: Client,
  run: { kind: RunKind; id: string },
  decision: WrittenDecision,
): Promise<SendOutcome> {
  const handle = client.workflow.getHandle(workflowIdOf(run))
  const message: SentDecision = {
    ...(decision.step === undefined ? {} : { step: decision.step }),
    ...(decision.undo === undefined ? {} : { undo: decision.undo }),
    ...(decision.stuck === undefined ? {} : { stuck: decision.stuck }),
    // What a person wrote may be personal, and workflow history is no place for that.
    reason: 'Given through the API.',
    actor: decision.actor,
    decision: decision.id,
  }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      handle.executeUpdate<void, [SentDecision]>(operations[decision.action], {
        args: [message],
        updateId: decision.id,
      }),
    )
    return { outcome: 'taken' }
  } catch (error) {
    return outcomeOf(error)
  }
}

function outcomeOf(error: unknown): SendOutcome {
  if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running' }
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error
    if (!(cause instanceof ApplicationFailure))
      return { outcome: 'refused', reason: 'The run does not allow this now.' }
    return { outcome: 'refused', reason: cause.message, mayNotHaveHeard: cause.type === 'not_waiting' }
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)) {
    return { outcome: 'unreachable' }
  }
  throw error
}
