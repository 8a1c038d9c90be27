import { z } from 'zod'

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'Use 1 to 255 visible ASCII characters.')
  .describe(
    'A repeated key with the same body answers with the result of the first request. With another body, it is refused.',
  )
