/** A pattern for `ilike` that matches values containing `text`. Wildcards in `text` are escaped. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
