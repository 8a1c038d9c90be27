import { z } from 'zod'

/** A problem by RFC 9457, with a stable code, the next action and the field problems. */
const problem = z
  .object({
    type: z.string().describe('The URL of the page that explains the code.'),
    title: z.string().describe('The meaning of the code, the same in every response.'),
    status: z.int(),
    detail: z.string().describe('What was wrong with this request.'),
    code: z.string().describe('The stable name of the error. Programs decide by it; texts may change.'),
    requestId: z.string().describe('The id of this request in the log.'),
    nextAction: z.string().optional().describe('What to do about the error.'),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .describe(
              'JSON Pointer (RFC 6901) into the request body, or below `/query`, `/path` or `/headers`.',
            ),
          code: z.string(),
          message: z.string(),
        }),
      )
      .optional()
      .describe('The field problems, one for each wrong field.'),
  })
  .meta({ id: 'Problem' })

const answer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
})

export const problemResponses = {
  '4xx': answer('The request was refused. `code` names the reason.'),
  '5xx': answer('The server, or a service that it calls, failed. The same request may succeed later.'),
}
