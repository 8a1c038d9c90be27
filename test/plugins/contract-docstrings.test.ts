import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = (pattern: string) => globSync(pattern).map((file) => readFileSync(file, 'utf8'))
const files = globSync('plugins/contract/*.ts').sort()

/** Lines that declare something for the authors of plug-ins, and have no docstring above them. */
function undocumented(source: string): string[] {
  const missing: string[] = []
  let isType = false
  for (const [index, line] of source.split('\n').entries()) {
    const isDocumented = source.split('\n')[index - 1]?.endsWith('*/') === true
    // What is not exported and has no docstring of its own is internal.
    if (/^[a-z]/.test(line))
      isType = /^(export )?(interface|type) /.test(line) && (line.startsWith('export') || isDocumented)
    const isExport = /^export (interface|type|function|class|const) \w/.test(line)
    const isMember = isType && /^ {2}(?: {2})?(readonly )?\w+\??[:(]/.test(line) && !line.endsWith(',')
    if ((isExport || isMember) && !isDocumented) missing.push(line.trim())
  }
  return missing
}

test.each(files)('every member that %s exports has a docstring', (file) => {
  expect(undocumented(readFileSync(file, 'utf8'))).toEqual([])
})

test('a member without a docstring is noticed', () => {
  expect(undocumented('/** A. */\nexport interface A {\n  /** B. */\n  b: 1\n  c?(d: 1): void\n}')).toEqual([
    'c?(d: 1): void',
  ])
})

test('every conformance rule that a docstring quotes is one', () => {
  const rules = sources('plugins/conformance/*.ts').join('\n')
  const quotes = sources('plugins/contract/*.ts').flatMap((source) =>
    [...source.replaceAll(/\s+\* /g, ' ').matchAll(/[Cc]onformance: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(
      ([, list = '']) => list.slice(1, -1).split('", "'),
    ),
  )
  expect(quotes.length).toBeGreaterThan(15)
  expect(quotes.filter((quote) => !rules.includes(quote))).toEqual([])
})
