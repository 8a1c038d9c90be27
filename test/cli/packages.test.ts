import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { projectRoot } from '../../cli/deployment/environment.ts'

const versions = z.record(z.string(), z.string()).default({})
const manifest = z.object({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
})

const readManifest = (folder: string) =>
  manifest.parse(JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8')))

const root = readManifest('.')
const embedded = readManifest('cli/stack')

test('every platform has the same version of Node', () => {
  const nodes = Object.entries(root.optionalDependencies).filter(([name]) =>
    /^node-(bin-)?\w+-\w+$/.test(name),
  )
  expect(nodes).toHaveLength(5)
  expect(new Set(nodes.map(([, version]) => version)).size).toBe(1)
})

test('a package that both manifests name has the same version in both', () => {
  const rest = { ...root.dependencies, ...root.devDependencies }
  const shared = Object.entries(embedded.dependencies).filter(([name]) => rest[name] !== undefined)
  expect(shared.length).toBeGreaterThan(0)
  expect(shared.filter(([name, version]) => rest[name] !== version)).toEqual([])
})
