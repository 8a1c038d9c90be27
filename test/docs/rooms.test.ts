import { globSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import mutation from '../mutation/stryker.config.ts'

const files = globSync('**/*.ts', {
  cwd: projectRoot,
  exclude: ['**/node_modules/**', '.*/**'],
}).map((path) => path.replaceAll('\\', '/'))

/** More files than this are hard to survey. */
const mostFiles = 24

test('no folder holds more files than a reader can survey', () => {
  const sizes = [...Map.groupBy(files, dirname)].map(([folder, { length }]) => ({ folder, length }))
  expect(sizes.filter(({ length }) => length > mostFiles)).toEqual([])
})

/** Each resource and each plug-in has these, and `registered.ts` of the tests is the next build of the one in `workflows/`. */
const shared = [
  'plugin.ts',
  'routes.ts',
  'schemas.ts',
  'presenter.ts',
  'errors.ts',
  'registered.ts',
  'vitest.config.ts',
]

test('two files of the same name do not make a reader open the wrong one', () => {
  const names = [...Map.groupBy(files, (file) => basename(file))]
  const twins = names.filter(([name, paths]) => paths.length > 1 && !shared.includes(name))
  expect(twins).toEqual([])
})

test('every file that the mutation run names exists', () => {
  const named = (mutation.mutate ?? []).flatMap((pattern = '') => {
    const [start = '', names, end = ''] = pattern.split(/[{}]/)
    return names === undefined ? [pattern] : names.split(',').map((name) => `${start}${name}${end}`)
  })
  expect(named.filter((file) => !files.includes(file))).toEqual([])
})
