import { expect, test } from 'vitest'
import { idsOnPath, subtreeEnd } from '../../../domain/access/subtree.ts'

test('a subtree has the paths that begin with its path, and no others', () => {
  const path = 'org_0/org_1/'
  const inside = (other: string) => other >= path && other < subtreeEnd(path)
  expect(['org_0/org_1/', 'org_0/org_1/org_2/', 'org_0/org_1/zzz/'].filter(inside)).toHaveLength(3)
  expect(['org_0/', 'org_0/org_0/', 'org_0/org_10/', 'org_0/org_2/', 'org_1/'].filter(inside)).toEqual([])
})

test('a path names the organizations from the root down to its own', () => {
  expect(idsOnPath('org_0/org_1/org_2/')).toEqual(['org_0', 'org_1', 'org_2'])
})
