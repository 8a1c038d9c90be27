import { z } from 'zod'

/** What a stored history shows of the code that made it. */
export interface Story {
  /** The workflow type. */
  types: string[]
  /** `signal retry`, `update skip` and the like. */
  decisions: string[]
  patches: string[]
  /** Such as `COMPLETED`. */
  endings: string[]
}

const ending = /^EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/
const payload = z.object({ data: z.base64() })
const event = z.object({
  eventType: z.string(),
  workflowExecutionStartedEventAttributes: z
    .object({ workflowType: z.object({ name: z.string() }) })
    .optional(),
  workflowExecutionSignaledEventAttributes: z.object({ signalName: z.string() }).optional(),
  workflowExecutionUpdateAcceptedEventAttributes: z
    .object({ acceptedRequest: z.object({ input: z.object({ name: z.string() }) }) })
    .optional(),
  markerRecordedEventAttributes: z
    .object({
      details: z.object({ 'patch-data': z.object({ payloads: z.tuple([payload]) }).optional() }),
    })
    .optional(),
})
const stored = z.object({ events: z.array(event) })
const patch = z.object({ id: z.string() })

/** @throws ZodError when it is no history as `historyToJSON` writes one. */
export function readStory(history: unknown): Story {
  const { events } = stored.parse(history)
  return {
    types: events.flatMap((each) => each.workflowExecutionStartedEventAttributes?.workflowType.name ?? []),
    decisions: events.flatMap((each) => [
      ...named('signal', each.workflowExecutionSignaledEventAttributes?.signalName),
      ...named('update', each.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest.input.name),
    ]),
    patches: events.flatMap((each) => {
      const data = each.markerRecordedEventAttributes?.details['patch-data']?.payloads[0].data
      return data === undefined ? [] : patch.parse(JSON.parse(Buffer.from(data, 'base64').toString())).id
    }),
    endings: events.flatMap(({ eventType }) => ending.exec(eventType)?.[1] ?? []),
  }
}

function named(how: string, name: string | undefined): string[] {
  return name === undefined ? [] : [`${how} ${name}`]
}
