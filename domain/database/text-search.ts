/** A pattern for `ilike` that finds what has `text` in it, taken literally. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
