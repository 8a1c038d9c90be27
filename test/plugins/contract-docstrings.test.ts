import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = (pattern: string) => globSync(pattern).map((file) => readFileSync(file, 'utf8'))
const files = globSync('plugins/contract/*.ts').sort()

/** Returns the lines of a source that declare an export, or a member of one, without a docstring above them. */
function undocumented(source: string): string[] {
  const missing: string[] = []
  let isType = false
  for (const [index, line] of source.split('\n').entries()) {
    const isDocumented = source.split('\n')[index - 1]?.endsWith('*/') === true
    // A type that is not exported and has no docstring is internal.
    if (/^[a-z]/.test(line))
      isType = /^(export )?(interface|type) /.test(line) && (line.startsWith('export') || isDocumented)
    const isExport = /^export (interface|type|function|class|const) \w/.test(line)
    const isMember = isType && /^ {2}(?: {2})?(readonly )?\w+\??[:(]/.test(line) && !line.endsWith(',')
    if ((isExport || isMember) && !isDocumented) missing.push(line.trim())
  }
  return missing
}

test.each(files)('every export of %s, and every member of it, has a docstring', (file) => {
  expect(undocumented(readFileSync(file, 'utf8'))).toEqual([])
})

test('a member without a docstring is found', () => {
  expect(undocumented('/** A. */\nexport interface A {\n  /** B. */\n  b: 1\n  c?(d: 1): void\n}')).toEqual([
    'c?(d: 1): void',
  ])
})

test('every conformance rule that a docstring quotes exists', () => {
  const rules = sources('plugins/conformance/**/*.ts').join('\n')
  const quotes = sources('plugins/contract/*.ts').flatMap((source) =>
    [...source.replaceAll(/\s+\* /g, ' ').matchAll(/[Cc]onformance: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(
      ([, list = '']) => list.slice(1, -1).split('", "'),
    ),
  )
  expect(quotes.length).toBeGreaterThan(15)
  expect(quotes.filter((quote) => !rules.includes(quote))).toEqual([])
})
