import type { Client } from '@temporalio/client'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { type RunKind } from '../../../domain/runs/run-requests.ts'
import { undoActivity, workflowIdOf } from '../../../workflows/contract.ts'
import type { JournalRun, WorkflowHistory } from './history.ts'

const concurrency = 8

/**
 * Reads the workflow history of each run.
 * @throws Error when a run has no workflow.
 */
export async function readWorkflowHistories(
  client: Client,
  runs: readonly JournalRun[],
): Promise<WorkflowHistory[]> {
  const executions = await countExecutions(client)
  const remaining = [...runs]
  const histories: WorkflowHistory[] = []
  const readRemaining = async () => {
    for (let run = remaining.pop(); run !== undefined; run = remaining.pop()) {
      const workflowId = workflowIdOf({ kind: run.kind as RunKind, id: run.id })
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
      histories.push({
        runId: run.id,
        executions: executions.get(workflowId) ?? 1,
        ...readEvents(
          events ?? [],
          run.steps.map(({ id }) => id),
        ),
      })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, readRemaining))
  return histories
}

async function countExecutions(client: Client): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const { workflowId } of client.workflow.list())
    counts.set(workflowId, (counts.get(workflowId) ?? 0) + 1)
  return counts
}

type Event = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number]

function readEvents(events: Event[], steps: string[]): Pick<WorkflowHistory, 'status' | 'done' | 'undone'> {
  const activityTypes = new Map<string, string>()
  const done = new Set<string>()
  const undone: string[] = []
  let status: WorkflowHistory['status'] = 'running'
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes
    if (scheduled != null) activityTypes.set(String(event.eventId), scheduled.activityType?.name ?? '')
    const completed = event.activityTaskCompletedEventAttributes
    if (completed != null) {
      const type = activityTypes.get(String(completed.scheduledEventId)) ?? ''
      if (steps.includes(type)) done.add(type)
      const step = steps.find((id) => undoActivity(id) === type)
      if (step !== undefined && valueOf(completed.result?.payloads) === 'compensated') undone.push(step)
    }
    const inlineSteps = event.markerRecordedEventAttributes?.details?.result
    for (const step of (valueOf(inlineSteps?.payloads) as { done?: string[] } | undefined)?.done ?? [])
      done.add(step)
    const ended = event.workflowExecutionCompletedEventAttributes
    if (ended != null) status = statusOf(valueOf(ended.result?.payloads))
    if (event.workflowExecutionFailedEventAttributes != null) status = 'failed'
    if (event.workflowExecutionTerminatedEventAttributes != null) status = 'unknown'
    if (event.workflowExecutionTimedOutEventAttributes != null) status = 'unknown'
  }
  return { status, done: [...done], undone }
}

function statusOf(result: unknown): WorkflowHistory['status'] {
  const { status } = result as { status?: unknown }
  return status === 'completed' || status === 'cancelled' ? status : 'unknown'
}

function valueOf(payloads: (Payload | null | undefined)[] | null | undefined): unknown {
  const payload = payloads?.[0]
  return payload == null ? undefined : defaultPayloadConverter.fromPayload(payload)
}
