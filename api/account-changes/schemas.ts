import { z } from 'zod'

/** The query of every call that starts a run. */
export const changeQuery = z.strictObject({
  validateOnly: z.stringbool().default(false).describe('Answers what would happen. Nothing does.'),
})

/** The headers of every call that starts a run. */
export const changeHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Use 1 to 255 visible ASCII characters.')
    .optional()
    .describe('The same key and body answer with the same run, however often they are sent.'),
  prefer: z.string().optional().describe('`wait=10` answers once the run closes, or after 10 seconds.'),
})
