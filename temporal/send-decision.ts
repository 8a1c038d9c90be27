import {
  type Client,
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common'
import type { DecisionAction, UndoAnswers } from '../domain/decisions/decision.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import { decisionNames, type SentDecision, workflowIdOf } from '../workflows/contract.ts'

/** A stored decision, as the workflow gets it. Its reason and its correction stay in our database. */
export interface WrittenDecision {
  id: string
  action: DecisionAction
  step?: string | undefined
  /** For `cancel`: an answer for each step whose undo policy is `ask`. */
  undo?: UndoAnswers | undefined
  /** For `cancel`: the steps that were stuck when the person decided. */
  stuck?: string[] | undefined
  /** The id of the API key. */
  actor: string
}

export type SendOutcome =
  | { outcome: 'taken' }
  /** The workflow refused it. `mayNotKnow`: the workflow may not know yet that the step is stuck. */
  | { outcome: 'refused'; reason: string; mayNotKnow?: boolean }
  | { outcome: 'not_running' }
  /** Temporal or the worker did not answer in time. The workflow may still take the decision later. */
  | { outcome: 'unreachable' }

const deadline = 5_000

/**
 * Sends a decision to the workflow of a run, and waits until the workflow takes or refuses it. Sent again, it is the same decision.
 * @throws Error for a failure that is no answer of Temporal or the workflow.
 */
export async function sendDecision(
  client: Client,
  run: { kind: RunKind; id: string },
  decision: WrittenDecision,
): Promise<SendOutcome> {
  const handle = client.workflow.getHandle(workflowIdOf(run))
  const payload: SentDecision = {
    ...(decision.step === undefined ? {} : { step: decision.step }),
    ...(decision.undo === undefined ? {} : { undo: decision.undo }),
    ...(decision.stuck === undefined ? {} : { stuck: decision.stuck }),
    // A reason may contain personal data, which must not get into the workflow history.
    reason: 'Given through the API.',
    actor: decision.actor,
    decision: decision.id,
  }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      handle.executeUpdate<void, [SentDecision]>(decisionNames[decision.action], {
        args: [payload],
        updateId: decision.id,
      }),
    )
    return { outcome: 'taken' }
  } catch (error) {
    return outcomeOfError(error)
  }
}

function outcomeOfError(error: unknown): SendOutcome {
  if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running' }
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error
    if (!(cause instanceof ApplicationFailure))
      return { outcome: 'refused', reason: 'The run does not allow this now.' }
    return { outcome: 'refused', reason: cause.message, mayNotKnow: cause.type === 'not_waiting' }
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)) {
    return { outcome: 'unreachable' }
  }
  throw error
}
