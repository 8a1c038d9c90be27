import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { Page } from '../../domain/organizations/read-organizations.ts'
import { invalidCursor } from './field-errors.ts'
import { InvalidPart } from './validation.ts'

/**
 * Converts the query of a list to the page to read. The page has one item more than `limit`: that item tells whether another page
 * follows.
 * @param isItemId whether a text can be the id of an item of this list.
 * @throws InvalidPart when the cursor is not the `nextCursor` of a page of this list.
 */
export function readPage(
  query: { limit: number; cursor?: string | undefined },
  isItemId: (id: string) => boolean,
): Page {
  return { limit: query.limit + 1, after: readCursor(query.cursor, isItemId) }
}

/**
 * Builds the response of a list.
 * @param items the items of a page of `readPage`, so up to one more than `limit`.
 * @param present converts an item to what the API shows.
 * @returns the first `limit` items, and the cursor of the next page: null on the last page.
 */
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

function readCursor(cursor: string | undefined, isItemId: (id: string) => boolean): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString()
  if (isItemId(id)) return id
  throw new InvalidPart('querystring', [fieldProblem('/query/cursor', invalidCursor)])
}
