import { z } from 'zod'

/** RFC 9457, with what a program and a person need to go on. */
const problem = z
  .object({
    type: z.string().describe('A page that explains the code.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable: programs decide by it.'),
    requestId: z.string(),
    nextAction: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('RFC 6901, into the request body.'),
          code: z.string(),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })

const answer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
})

/** What any route may answer besides success. */
export const problemResponses = {
  '4xx': answer('The request can not be carried out; `code` says why.'),
  '5xx': answer('The server failed; trying again later may help.'),
}
