import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChanges, changesBetween } from '../../../domain/runs/request-changes.ts'

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }))
const inner = fc.record({ x: leaf, 'y/z': leaf }, { requiredKeys: [] })
const request = fc.record({ type: leaf, user: inner, '~0': inner }, { requiredKeys: [] })

/** Removes empty objects, because a change can not tell an empty object from a missing one. */
function compact(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([name, field]) => [name, compact(field)] as const)
  const kept = entries.filter(([, field]) => field !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

test('the changes between two requests turn the first into the second, and back', () => {
  fc.assert(
    fc.property(request, request, (before, after) => {
      const changes = changesBetween(before, after)
      const changed = applyChanges(before, changes).request
      expect(compact(changed)).toEqual(compact(after))
      const back = applyChanges(changed, changesBetween(changed, before)).request
      expect(compact(back)).toEqual(compact(before))
    }),
  )
})

test('a change names its field by a pointer, and has null for a missing value', () => {
  const before = { user: { email: 'a@example.com', fullName: 'A' }, plan: { licenses: 5 } }
  const after = { user: { email: 'b@example.com', fullName: 'A' }, company: { 'a/b': 1 } }
  expect(changesBetween(before, after)).toEqual([
    { pointer: '/user/email', old: 'a@example.com', new: 'b@example.com' },
    { pointer: '/plan/licenses', old: 5, new: null },
    { pointer: '/company/a~1b', old: null, new: 1 },
  ])
})

test('a change that is applied after another change has the present value as its old value', () => {
  const changes = [{ pointer: '/user/email', old: 'a@example.com', new: 'c@example.com' }]
  const present = { user: { email: 'b@example.com' } }
  expect(applyChanges(present, changes)).toEqual({
    request: { user: { email: 'c@example.com' } },
    changes: [{ pointer: '/user/email', old: 'b@example.com', new: 'c@example.com' }],
  })
  expect(present.user.email).toBe('b@example.com')
})
