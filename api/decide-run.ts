import {
  type Client,
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common'
import type { OperationKind } from '../domain/operations.ts'
import { type CancelDecision, operations, workflowIdOf } from '../workflows/contract.ts'
import type { Decision, DecisionOutcome } from './runs.ts'

const deadline = 5_000

/** Hands a decision to the workflow and waits until it is taken. */
export async function decideRun(
  client: Client,
  run: { kind: OperationKind; id: string },
  decision: Decision,
): Promise<DecisionOutcome> {
  const handle = client.workflow.getHandle(workflowIdOf(run))
  const message: CancelDecision = {
    ...(decision.step === undefined ? {} : { step: decision.step }),
    ...(decision.undo === undefined ? {} : { undo: decision.undo }),
    // What a person wrote may be personal, and workflow history is no place for that.
    reason: 'Given through the API.',
    actor: decision.actor,
  }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      handle.executeUpdate<void, [CancelDecision]>(operations[decision.operation], { args: [message] }),
    )
    return { outcome: 'taken' }
  } catch (error) {
    return outcomeOf(error)
  }
}

function outcomeOf(error: unknown): DecisionOutcome {
  if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running' }
  if (error instanceof WorkflowUpdateFailedError) {
    const refusal =
      error.cause instanceof ApplicationFailure ? error.cause.message : 'The run does not allow this now.'
    return { outcome: 'refused', reason: refusal }
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)) {
    return { outcome: 'unreachable' }
  }
  throw error
}
