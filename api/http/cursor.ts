import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { Page } from '../../domain/organizations/read-organizations.ts'
import { invalidCursor } from './field-errors.ts'
import { InvalidPart } from './validation.ts'

/**
 * One more than asked for is read, which tells whether there is another page.
 * @param isItemId whether a text can be the id of an item of this list.
 * @throws InvalidPart when the cursor is not one that we gave out.
 */
export function readPage(
  query: { limit: number; cursor?: string | undefined },
  isItemId: (id: string) => boolean,
): Page {
  return { limit: query.limit + 1, after: readCursor(query.cursor, isItemId) }
}

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
