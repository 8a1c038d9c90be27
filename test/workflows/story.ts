import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Activities } from '../../workflows/activity-types.ts'
import { operations } from '../../workflows/contract.ts'

/** What a stored history shows of the code that made it. */
export interface Story {
  /** The workflow type. */
  type: string
  /** `signal retry`, `update skip` and the like. All signals that there are not are one. */
  decisions: string[]
  patches: string[]
  /** How the run ended: as its result says, or as Temporal says when that names no status. */
  ending: string
  /** What was asked of the workflow and what it commanded, in order: all that the code has to do again in a replay. */
  shape: string[]
  /** The same for every story of this shape, whatever its type: the kinds of run differ only in their plans. */
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

/** @throws ZodError when it is no history as `historyToJSON` writes one. */
export function readStory(history: unknown): Story {
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
    shape,
    shapeId: createHash('sha256').update(shape.join()).digest('hex').slice(0, 8),
  }
}

function decisionOf(each: Event): string[] {
  const signal = each.workflowExecutionSignaledEventAttributes?.signalName
  if (signal !== undefined) return [`signal ${signal in operations ? signal : 'unknown'}`]
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

/** Commands that are told apart no further. */
const commands = [
  'TIMER_STARTED',
  'TIMER_CANCELED',
  'ACTIVITY_TASK_CANCEL_REQUESTED',
  'START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
]

/** Steps are named by plans, and all are commanded alike. */
function roleOf(activity: string): string {
  const isOurs = activity.startsWith('record-') || roundActivities.includes(activity)
  if (isOurs) return activity
  return activity.startsWith('undo-') ? 'undo' : 'step'
}

const roundActivities: string[] = [
  'accept-due-trials',
  'accept-due-bills',
  'reconcile-chunk',
  'carry-out-bulk-decision',
  'stop-bulk-decision',
] satisfies (keyof Activities)[]

/** How often the same was done over and over is no matter of shape. */
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
