import { getType, typeidUnboxed } from 'typeid-js'

/** The kinds of id we hand out. The suffix is a UUIDv7, so ids of one kind sort by creation time. */
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
  'dec',
] as const
export type IdPrefix = (typeof prefixes)[number]

/** A new id such as `org_01kb…`: lower case, 26 characters after the prefix, sortable, never a sequential number. */
export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix)
}

/** `isId` for one kind. */
export function isIdOf(prefix: IdPrefix): (value: string) => boolean {
  return (value) => isId(value, prefix)
}

/** Whether `value` is a well-formed id of the given kind. Says nothing about whether the thing exists. */
export function isId(value: string, prefix: IdPrefix): boolean {
  try {
    return getType(value as Parameters<typeof getType>[0]) === prefix
  } catch {
    return false
  }
}
