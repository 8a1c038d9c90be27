import type { Client } from '@temporalio/client'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { type RunKind } from '../../../domain/runs/run-requests.ts'
import { undoActivity, workflowIdOf } from '../../../workflows/contract.ts'
import type { JournalRun, WorkflowHistory } from './history.ts'

const atOnce = 8

/** The history of every run's workflow. @throws Error when there is none. */
export async function readHistories(client: Client, runs: readonly JournalRun[]): Promise<WorkflowHistory[]> {
  const executions = await countExecutions(client)
  const left = [...runs]
  const histories: WorkflowHistory[] = []
  const inline = async () => {
    for (let run = left.pop(); run !== undefined; run = left.pop()) {
      const workflowId = workflowIdOf({ kind: run.kind as RunKind, id: run.id })
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
      histories.push({
        run: run.id,
        executions: executions.get(workflowId) ?? 1,
        ...readEvents(
          events ?? [],
          run.steps.map(({ id }) => id),
        ),
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, inline))
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
  const typeOf = new Map<string, string>()
  const done = new Set<string>()
  const undone: string[] = []
  let status: WorkflowHistory['status'] = 'running'
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes
    if (scheduled != null) typeOf.set(String(event.eventId), scheduled.activityType?.name ?? '')
    const completed = event.activityTaskCompletedEventAttributes
    if (completed != null) {
      const type = typeOf.get(String(completed.scheduledEventId)) ?? ''
      if (steps.includes(type)) done.add(type)
      const step = steps.find((id) => undoActivity(id) === type)
      if (step !== undefined && valueOf(completed.result?.payloads) === 'compensated') undone.push(step)
    }
    const inline = event.markerRecordedEventAttributes?.details?.result
    for (const step of (valueOf(inline?.payloads) as { done?: string[] } | undefined)?.done ?? [])
      done.add(step)
    const ended = event.workflowExecutionCompletedEventAttributes
    if (ended != null) status = endOf(valueOf(ended.result?.payloads))
    if (event.workflowExecutionFailedEventAttributes != null) status = 'failed'
    if (event.workflowExecutionTerminatedEventAttributes != null) status = 'unknown'
    if (event.workflowExecutionTimedOutEventAttributes != null) status = 'unknown'
  }
  return { status, done: [...done], undone }
}

function endOf(result: unknown): WorkflowHistory['status'] {
  const { status } = result as { status?: unknown }
  return status === 'completed' || status === 'cancelled' ? status : 'unknown'
}

function valueOf(payloads: (Payload | null | undefined)[] | null | undefined): unknown {
  const payload = payloads?.[0]
  return payload == null ? undefined : defaultPayloadConverter.fromPayload(payload)
}
