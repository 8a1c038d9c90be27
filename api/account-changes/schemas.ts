import { z } from 'zod'

/** The query of every call that starts a run. */
export const changeQuery = z.strictObject({
  dryRun: z
    .stringbool()
    .default(false)
    .describe('Answers with what the request would do. Nothing is stored, started or sent.'),
})

/** The headers of every call that starts a run. */
export const changeHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Use 1 to 255 visible ASCII characters.')
    .optional()
    .describe('The same key and body answer with the same run, however often they are sent.'),
  prefer: z
    .string()
    .optional()
    .describe('`wait=10` answers when the run is closed or needs attention, or after 10 seconds.'),
})
