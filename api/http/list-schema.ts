import { z } from 'zod'
import { nullableText } from './text-schema.ts'

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

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: nullableText('Send it as `cursor` to read the next page. Null on the last page.'),
  })
}
