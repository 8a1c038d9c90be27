import { expect, test } from 'vitest'
import { idsOnPath, subtreeEnd } from '../../../domain/access/subtree.ts'

test('a subtree is all that its path begins, and nothing beside it', () => {
  const path = 'org_0/org_1/'
  const inside = (other: string) => other >= path && other < subtreeEnd(path)
  expect(['org_0/org_1/', 'org_0/org_1/org_2/', 'org_0/org_1/zzz/'].filter(inside)).toHaveLength(3)
  expect(['org_0/', 'org_0/org_0/', 'org_0/org_10/', 'org_0/org_2/', 'org_1/'].filter(inside)).toEqual([])
})

test('a path names who is on the way down, itself included', () => {
  expect(idsOnPath('org_0/org_1/org_2/')).toEqual(['org_0', 'org_1', 'org_2'])
})
