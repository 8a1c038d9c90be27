import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { findProblemType } from '../../api/http/problem-types.ts'
import { catalogue } from '../../docs/errors/all-errors.ts'
import { renderPage } from '../../docs/errors/page.ts'
import { readSources } from './sources.ts'

const errors = catalogue.flatMap((declarer) => declarer.errors)
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')
const sources = readSources('{activities,api,domain,plugins,temporal,webhooks,workflows}/**/*.ts')
const declares = /^(?! \*).*\bdefineError\(/m
const declaring = sources.filter(({ text }) => declares.test(text))

test('docs/errors.md is what `npm run errors` writes', () => {
  expect(read('docs/errors.md')).toBe(renderPage(catalogue))
})

describe('the catalogue', () => {
  test('has the declarations of every file with declarations', () => {
    const imported = [...read('docs/errors/all-errors.ts').matchAll(/'\.\.\/\.\.\/(.+)'/g)].map(
      ([, path]) => path,
    )
    expect(declaring.length).toBeGreaterThan(10)
    expect(declaring.map(({ path }) => path).filter((path) => !imported.includes(path))).toEqual([])
  })

  test('has every declaration, because each one is exported', () => {
    const calls = declaring.flatMap(({ text }) => text.match(/\bdefineError\(/g) ?? [])
    expect(errors).toHaveLength(calls.length)
  })

  test('has no unused declaration', () => {
    const names = declaring.flatMap(({ path, text }) =>
      [...text.matchAll(/^export const (\w+) = defineError\(/gm)].map(([, name = '']) => ({ path, name })),
    )
    const unused = names.filter(
      ({ path, name }) =>
        !sources.some((file) => file.path !== path && new RegExp(`\\b${name}\\b`).test(file.text)),
    )
    expect(unused).toEqual([])
  })
})

describe('each error code', () => {
  test('is in lower snake case', () => {
    const codes = errors.map(({ code }) => code)
    expect(codes.length).toBeGreaterThan(100)
    expect(codes.filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code))).toEqual([])
  })

  test.each(['class', 'status', 'title'] as const)('has one %s in all of its declarations', (part) => {
    const values = errors.flatMap((error) =>
      error[part] === undefined ? [] : [`${error.code}: ${error[part]}`],
    )
    const codes = [...new Set(values)].map((each) => each.slice(0, each.indexOf(':')))
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
  })

  test('of a step and of the API has a next action', () => {
    const without = errors.filter(
      ({ class: errorClass, status, nextAction = '' }) =>
        (errorClass ?? status) !== undefined && !/^[A-Z`].{8,}\.$/.test(nextAction),
    )
    expect(without.map(({ code }) => code)).toEqual([])
  })

  test('of the API has a page at /problems', () => {
    const answered = errors.filter(({ status }) => status !== undefined)
    expect(answered.filter(({ code }) => findProblemType(code) === undefined)).toEqual([])
  })

  test('of the API has a title, without parameters', () => {
    const untitled = errors.filter(
      ({ status, title = '' }) => status !== undefined && !/^[^{}]+[^.]$/.test(title),
    )
    expect(untitled.map(({ code }) => code)).toEqual([])
  })
})

test('braces in a text enclose the name of a parameter', () => {
  const texts = errors.flatMap(({ message, nextAction = '' }) => [message, nextAction])
  expect(texts.filter((text) => /[{}]/.test(text.replaceAll(/\{[a-z][A-Za-z]*\}/g, '')))).toEqual([])
})

test('no code is written where an error is thrown', () => {
  const written = sources
    // Examples of requests, and what a comparison finds.
    .filter(({ path }) => !/schemas?\.ts$|^activities\/reconciliation\/reconcile-month\.ts$/.test(path))
    .filter((file) => !declaring.includes(file) && /^(?! \*).*\bcode: '[a-z_]+'/m.test(file.text))
  expect(written.map(({ path }) => path)).toEqual([])
})

test('an error is thrown by its declaration; only a code that is known at run time has none', () => {
  const thrown = sources.filter(({ text }) => /^(?! \*).*new (StepError|Problem)\(/m.test(text))
  expect(thrown.map(({ path }) => path)).toEqual(['api/http/problem.ts', 'plugins/contract/step-error.ts'])
})
