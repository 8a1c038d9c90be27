import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Activities } from '../../workflows/activity-types.ts'
import { decisionNames } from '../../workflows/contract.ts'

/** The properties of a recorded history that the replay tests compare. */
export interface HistorySummary {
  /** The workflow type. */
  type: string
  /** Such as `signal retry` and `update skip`. Every unknown signal is `signal unknown`. */
  decisions: string[]
  patches: string[]
  /** The status in the workflow's result, or, when it has none, the way in which Temporal closed the workflow. */
  ending: string
  /**
   * A hash of the shape: the messages to the workflow and its commands, in order, which are all that a replay repeats.
   * Workflow types of the same shape share the id, because kinds of runs differ only in their plans.
   */
  shapeId: string
}

const named = z.object({ name: z.string() })
const payloads = z.object({ payloads: z.array(z.object({ data: z.base64() })) })
const event = z.object({
  eventType: z.string().transform((type) => type.replace('EVENT_TYPE_', '')),
  workflowExecutionStartedEventAttributes: z.object({ workflowType: named }).optional(),
  workflowExecutionSignaledEventAttributes: z.object({ signalName: z.string() }).optional(),
  workflowExecutionUpdateAcceptedEventAttributes: z
    .object({ acceptedRequest: z.object({ input: named }) })
    .optional(),
  workflowExecutionCompletedEventAttributes: z.object({ result: payloads.optional() }).optional(),
  activityTaskScheduledEventAttributes: z.object({ activityType: named }).optional(),
  markerRecordedEventAttributes: z
    .object({ markerName: z.string(), details: z.object({ 'patch-data': payloads.optional() }) })
    .optional(),
})
type Event = z.infer<typeof event>
const stored = z.object({ events: z.array(event) })
const patch = z.object({ id: z.string() })
const outcome = z.object({ status: z.string() })

/**
 * Summarizes a workflow history.
 * @param history as `historyToJSON` writes it.
 * @throws ZodError for any other value.
 */
export function summarizeHistory(history: unknown): HistorySummary {
  const { events } = stored.parse(history)
  const decisions = events.flatMap(decisionOf)
  const ending = events.map(endingOf).findLast((word) => word !== undefined) ?? 'open'
  const shape = [
    ...withoutRepeats(events.flatMap((each) => [...decisionOf(each), ...commandOf(each)])),
    ending,
  ]
  return {
    type: events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '',
    decisions,
    patches: events.flatMap(patchOf),
    ending,
    shapeId: createHash('sha256').update(shape.join()).digest('hex').slice(0, 8),
  }
}

function decisionOf(each: Event): string[] {
  const signal = each.workflowExecutionSignaledEventAttributes?.signalName
  if (signal !== undefined) return [`signal ${signal in decisionNames ? signal : 'unknown'}`]
  const update = each.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest.input.name
  if (update !== undefined) return [`update ${update}`]
  return each.eventType === 'WORKFLOW_EXECUTION_CANCEL_REQUESTED' ? ['cancellation'] : []
}

function commandOf(each: Event): string[] {
  const activity = each.activityTaskScheduledEventAttributes?.activityType.name
  if (activity !== undefined) return [roleOf(activity)]
  const marker = each.markerRecordedEventAttributes?.markerName
  if (marker !== undefined) return [marker === 'core_local_activity' ? 'local activity' : marker]
  return commands.includes(each.eventType) ? [each.eventType.toLowerCase().replaceAll('_', ' ')] : []
}

/** Commands whose attributes are not part of the shape. */
const commands = [
  'TIMER_STARTED',
  'TIMER_CANCELED',
  'ACTIVITY_TASK_CANCEL_REQUESTED',
  'START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
]

/** The name of an activity, or `step` or `undo` for a step: the plan names the steps, and the workflow runs all alike. */
function roleOf(activity: string): string {
  if (activity.startsWith('record-') || roundActivities.includes(activity)) return activity
  return activity.startsWith('undo-') ? 'undo' : 'step'
}

const roundActivities: string[] = [
  'accept-due-trials',
  'accept-due-bills',
  'reconcile-chunk',
  'carry-out-bulk-decision',
  'stop-bulk-decision',
] satisfies (keyof Activities)[]

/** Reduces repeated sequences to one: the number of repetitions is not part of the shape. */
function withoutRepeats(words: string[]): string[] {
  const all = words.map((word) => `${word};`).join('')
  return all
    .replaceAll(/(?<=^|;)((?:[^;]+;)+?)\1+/g, '$1')
    .split(';')
    .filter(Boolean)
}

function patchOf(each: Event): string[] {
  const data = each.markerRecordedEventAttributes?.details['patch-data']?.payloads[0]?.data
  return data === undefined ? [] : [patch.parse(decoded(data)).id]
}

const ending = /^WORKFLOW_EXECUTION_(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/

function endingOf(each: Event): string | undefined {
  const data = each.workflowExecutionCompletedEventAttributes?.result?.payloads[0]?.data
  const result = outcome.safeParse(data === undefined ? undefined : decoded(data))
  return result.data?.status ?? ending.exec(each.eventType)?.[1]?.toLowerCase().replaceAll('_', ' ')
}

function decoded(data: string): unknown {
  return JSON.parse(Buffer.from(data, 'base64').toString())
}
