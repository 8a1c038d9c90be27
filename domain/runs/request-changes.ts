/** One value of a request that somebody corrected. Null: there was none, or there is none any more. */
export interface FieldChange {
  /** RFC 6901, into the request. */
  pointer: string
  old: unknown
  new: unknown
}

/** What makes `after` out of `before`, value by value. A list counts as one value. */
export function changesBetween(before: unknown, after: unknown, pointer = ''): FieldChange[] {
  if (!isObject(before) && !isObject(after))
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ pointer, old: before ?? null, new: after ?? null }]
  const [from, to] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return keys.flatMap((key) => changesBetween(from[key], to[key], `${pointer}/${escaped(key)}`))
}

/**
 * Makes the changes to a request as it is now.
 * @returns what it becomes, and the changes with the old values that were really there.
 */
export function applyChanges<Request extends object>(
  request: Request,
  changes: readonly FieldChange[],
): { request: Request; changes: FieldChange[] } {
  const changed = structuredClone(request)
  const made = changes.map(({ pointer, new: value }) => {
    const keys = pointer.split('/').slice(1).map(unescaped)
    return { pointer, old: replace(changed, keys, value), new: value }
  })
  return { request: changed, changes: made }
}

/** @returns the value that was there. An object that has nothing left is removed with its last value. */
function replace(target: object, [key = '', ...rest]: string[], value: unknown): unknown {
  const fields = target as Record<string, unknown>
  const before = fields[key]
  if (rest.length === 0) {
    if (value === null) delete fields[key]
    else fields[key] = value
    return before ?? null
  }
  const inner: Record<string, unknown> = isObject(before) ? before : {}
  fields[key] = inner
  const old = replace(inner, rest, value)
  if (Object.keys(inner).length === 0) delete fields[key]
  return old
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}
