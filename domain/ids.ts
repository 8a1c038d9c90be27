import { getType, typeidUnboxed } from 'typeid-js'

/** The prefixes of our ids. The suffix is a UUIDv7, so ids with one prefix sort by creation time. */
const prefixes = [
  'org',
  'usr',
  'onb',
  'key',
  'sub',
  'cred',
  'ses',
  'ver',
  'led',
  'chg',
  'opr',
  'per',
  'dev',
  'lic',
  'inv',
  'whe',
  'evt',
  'dlv',
  'bil',
  'pev',
  'doc',
  'dec',
  'fnd',
  'blk',
] as const
export type IdPrefix = (typeof prefixes)[number]

/** Makes an id such as `org_01kb…`: lower case, 26 characters after the prefix, sortable, not sequential. */
export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix)
}

export function isIdOf(prefix: IdPrefix): (value: string) => boolean {
  return (value) => isId(value, prefix)
}

/** Whether `value` is a well-formed id with this prefix. The object itself may not exist. */
export function isId(value: string, prefix: IdPrefix): boolean {
  try {
    return getType(value as Parameters<typeof getType>[0]) === prefix
  } catch {
    return false
  }
}
