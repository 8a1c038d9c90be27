import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { readCatalogue } from '../../docs/errors/catalogue.ts'
import { renderPage } from '../../docs/errors/page.ts'
import { readSources } from '../../docs/errors/source.ts'

const catalogue = readCatalogue(projectRoot)
const { stepErrors, problems, fields, temporal } = catalogue

test('docs/errors.md is what `npm run errors` writes', async () => {
  expect(await readFile(join(projectRoot, 'docs', 'errors.md'), 'utf8')).toBe(renderPage(catalogue))
})

describe('each code', () => {
  test('is in lower snake case', () => {
    const codes = [...stepErrors, ...problems, ...fields, ...temporal].map(({ code }) => code)
    expect(codes.length).toBeGreaterThan(100)
    expect(codes.filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code))).toEqual([])
  })

  test('of a step has one class, whoever throws it', () => {
    const classes = Map.groupBy(stepErrors, ({ code }) => code)
    const several = [...classes].filter(([, errors]) => new Set(errors.map((error) => error.class)).size > 1)
    expect(several.map(([code]) => code)).toEqual([])
  })

  test('of the API is one that it answers with', () => {
    const texts = new Set(
      readSources(projectRoot, ['api/**/*.ts', 'domain/**/*.ts'])
        .filter(({ path }) => path !== 'api/http/problem-types.ts')
        .flatMap((file) => [...file.texts]),
    )
    expect(problems.map(({ code }) => code).filter((code) => !texts.has(code))).toEqual([])
  })

  test('has words for what it means and what to do', () => {
    const wordless = [...stepErrors, ...problems].filter(
      ({ nextAction }) => !/^[A-Z`].{8,}\.$/.test(nextAction),
    )
    expect(wordless.map(({ code }) => code)).toEqual([])
  })
})

test('every StepError is written out where it is thrown, so that the catalogue has it', () => {
  const files = readSources(projectRoot, ['{activities,plugins,api,domain,webhooks}/**/*.ts'])
  const thrown = files.filter(({ text }) => /^(?! \*).*new StepError\((?!\{)/m.test(text))
  expect(thrown.map(({ path }) => path)).toEqual([])
})
