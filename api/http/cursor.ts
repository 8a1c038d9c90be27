import { type IdPrefix, isIdOf } from '../../domain/ids.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { Page } from '../../domain/database/list-page.ts'
import { invalidCursor } from './field-errors.ts'
import { InvalidPart } from './validation.ts'

/** Whether a text can be the id of an item of a list: the prefix of such ids, or a function. */
type ItemId = IdPrefix | ((id: string) => boolean)

/**
 * Answers a list with one page, and the cursor of the next one: null on the last page.
 * @param present converts an item to what the API shows.
 * @param read reads the items of the page. `filter` has the other parameters of the query.
 * @throws InvalidPart when the cursor is not the `nextCursor` of a page of this list.
 */
export async function listPage<
  Query extends { limit: number; cursor?: string | undefined },
  Item extends { id: string },
  View,
>(
  { limit, cursor, ...filter }: Query,
  itemId: ItemId,
  present: (item: Item) => View,
  read: (page: Page, filter: Omit<Query, 'limit' | 'cursor'>) => Promise<Item[]>,
): Promise<{ items: View[]; nextCursor: string | null }> {
  const found = await read(readPage({ limit, cursor }, itemId), filter)
  return toList(found, limit, present)
}

/** The page to read. It has one item more than `limit`: that item tells whether another page follows. */
export function readPage(query: { limit: number; cursor?: string | undefined }, itemId: ItemId): Page {
  return { limit: query.limit + 1, after: readCursor(query.cursor, itemId) }
}

/** The response with the items of a page of `readPage`. */
export function toList<Item extends { id: string }, View>(
  items: Item[],
  limit: number,
  present: (item: Item) => View,
): { items: View[]; nextCursor: string | null } {
  const page = items.slice(0, limit)
  const last = page.at(-1)
  const nextCursor =
    items.length > limit && last !== undefined ? Buffer.from(last.id).toString('base64url') : null
  return { items: page.map(present), nextCursor }
}

function readCursor(cursor: string | undefined, itemId: ItemId): string | undefined {
  if (cursor === undefined) return undefined
  const isItemId = typeof itemId === 'string' ? isIdOf(itemId) : itemId
  const id = Buffer.from(cursor, 'base64url').toString()
  if (isItemId(id)) return id
  throw new InvalidPart('querystring', [fieldProblem('/query/cursor', invalidCursor)])
}
