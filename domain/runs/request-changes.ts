/** One corrected value of a request. A null value is an absent field. */
export interface FieldChange {
  /** A JSON pointer (RFC 6901) into the request. */
  pointer: string
  old: unknown
  new: unknown
}

/** The changes that turn `before` into `after`, one for each value. A list counts as one value. */
export function changesBetween(before: unknown, after: unknown, pointer = ''): FieldChange[] {
  if (!isObject(before) && !isObject(after))
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ pointer, old: before ?? null, new: after ?? null }]
  const [from, to] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return keys.flatMap((key) => changesBetween(from[key], to[key], `${pointer}/${escaped(key)}`))
}

/** @returns the changed copy, and the changes with the old values of `request`. */
export function applyChanges<Request extends object>(
  request: Request,
  changes: readonly FieldChange[],
): { request: Request; changes: FieldChange[] } {
  const changed = structuredClone(request)
  const applied = changes.map(({ pointer, new: value }) => {
    return { pointer, old: replace(changed, keysOf(pointer), value), new: value }
  })
  return { request: changed, changes: applied }
}

/** The keys of a JSON pointer, outermost first. */
export function keysOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map(unescaped)
}

/** Sets a value in place. An object that becomes empty is removed. @returns the old value. */
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
