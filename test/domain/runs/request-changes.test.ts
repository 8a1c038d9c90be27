import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChanges, changesBetween } from '../../../domain/runs/request-changes.ts'

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }))
const inner = fc.record({ x: leaf, 'y/z': leaf }, { requiredKeys: [] })
const request = fc.record({ type: leaf, user: inner, '~0': inner }, { requiredKeys: [] })

/** Objects that hold nothing are the same as none. */
function compact(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([name, field]) => [name, compact(field)] as const)
  const kept = entries.filter(([, field]) => field !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

test('the changes between two requests make the one out of the other, and tell what was there', () => {
  fc.assert(
    fc.property(request, request, (before, after) => {
      const changes = changesBetween(before, after)
      const made = applyChanges(before, changes)
      expect(compact(made.request)).toEqual(compact(after))
      expect(compact(applyChanges(made.request, changesBetween(made.request, before)).request)).toEqual(
        compact(before),
      )
    }),
  )
})

test('a change names each value by its pointer; null stands for none', () => {
  const before = { user: { email: 'a@example.com', fullName: 'A' }, plan: { licenses: 5 } }
  const after = { user: { email: 'b@example.com', fullName: 'A' }, company: { 'a/b': 1 } }
  expect(changesBetween(before, after)).toEqual([
    { pointer: '/user/email', old: 'a@example.com', new: 'b@example.com' },
    { pointer: '/plan/licenses', old: 5, new: null },
    { pointer: '/company/a~1b', old: null, new: 1 },
  ])
})

test('a change of what somebody else has changed meanwhile tells what was really there', () => {
  const changes = [{ pointer: '/user/email', old: 'a@example.com', new: 'c@example.com' }]
  const now = { user: { email: 'b@example.com' } }
  expect(applyChanges(now, changes)).toEqual({
    request: { user: { email: 'c@example.com' } },
    changes: [{ pointer: '/user/email', old: 'b@example.com', new: 'c@example.com' }],
  })
  expect(now.user.email).toBe('b@example.com')
})
