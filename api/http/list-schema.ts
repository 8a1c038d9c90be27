import { z } from 'zod'

/** The query parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('The most items of a page, 1 to 200. Default 50.'),
  cursor: z
    .string()
    .max(200)
    .optional()
    .describe('The `nextCursor` of the previous page. Default: the first page.'),
}

/** The schema of a response with one page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .describe('Send it as `cursor` to read the next page. Null on the last page.'),
  })
}

/** The query of a route without query parameters. A route refuses unknown parameters, so that a caller notices a misspelling. */
export const noQuery = z.strictObject({})
