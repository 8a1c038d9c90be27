import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, inject, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { searchAttributes } from '../../workflows/contract.ts'
import { startApiForFile } from '../api/api-under-test.ts'
import { readCurl, shellCommandsIn } from './shell-commands.ts'
import { readSources } from './sources.ts'

const page = readFileSync(join(projectRoot, 'docs', 'operations.md'), 'utf8')
const commands = shellCommandsIn(page)
const startingWith = (...words: string[]) =>
  commands.filter((command) => words.every((word, index) => command[index] === word))

test('the page has twelve entries, each with a symptom, a cause, a remedy and an end', () => {
  const entries = page.split(/^## /m).slice(1)
  expect(entries.map((entry) => Number.parseInt(entry, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  for (const entry of entries) {
    const parts = [...entry.matchAll(/^\*\*(You see|Why:|Do|It is over)\*\*/gm)].map(([, part]) => part)
    expect(parts, entry).toEqual(['You see', 'Why:', 'Do', 'It is over'])
  }
})

test('every command is a program that the page introduces', () => {
  const programs = commands.map(([program]) => program)
  expect(programs.length).toBeGreaterThan(40)
  expect(new Set(programs)).toEqual(new Set(['export', 'alias', 'curl', 'npx', 'temporal']))
})

describe('every request has a route and valid fields', async () => {
  const requests = startingWith('curl').map(readCurl)
  const api = await startApiForFile()
  const { paths } = (await api.app.inject('/openapi.json')).json<{ paths: Record<string, object> }>()
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    })),
  )

  test.each(
    requests.map((request) => [`${request.method} ${request.address} ${request.data ?? ''}`, request]),
  )('%s', async (_, { method, address, headers, data }) => {
    const url = address.replace(/^\$API/, '').replaceAll(/\$[A-Z_]+/g, 'onb_00000000000000000000000000')
    const [path = ''] = url.split('?')
    expect(address).toMatch(/^\$API\//)
    expect(routes.some((route) => route.method === method && route.path.test(path))).toBe(true)
    const answer = await api.app.inject({
      method,
      url,
      headers: { ...headers, authorization: `Bearer ${api.key}` },
      ...(data === undefined ? {} : { payload: data }),
    })
    // The object of the request does not exist in this database, so the answer may be 404.
    expect([200, 202, 404, 503]).toContain(answer.statusCode)
  })
})

describe('every flag exists in the help of its command', () => {
  const tenantry = startingWith('npx', 'tenantry').map(([, , ...words]) => words)
  const temporal = startingWith('temporal').map(([, ...words]) => words)

  test.each(distinctCommands(tenantry))('npx tenantry %s', async (subcommand, flags) => {
    const program = join(projectRoot, 'cli', 'tenantry.ts')
    await expectFlags(process.execPath, [program, ...subcommand.split(' ')], flags)
  })

  test.each(distinctCommands(temporal))('temporal %s', async (subcommand, flags) => {
    await expectFlags(inject('temporalCliPath'), subcommand.split(' '), flags)
  })
})

/** Expects the help of a command to list these flags. */
async function expectFlags(file: string, command: string[], flags: string[]): Promise<void> {
  const { stdout } = await execa(file, [...command, '--help'], { timeout: 20_000 })
  expect(stdout).toContain(command.at(-1))
  const known = new Set(stdout.match(/--[a-z-]+/g))
  expect(flags.filter((flag) => !known.has(flag))).toEqual([])
}

/** Groups command lines by the words before their first flag or placeholder, with all flags of each group. */
function distinctCommands(lines: string[][]): [subcommand: string, flags: string[]][] {
  const bySubcommand = Map.groupBy(lines, (words) => {
    const end = words.findIndex((word) => /^[-$]/.test(word))
    return words.slice(0, end < 0 ? words.length : end).join(' ')
  })
  return [...bySubcommand].map(([subcommand, uses]) => [
    subcommand,
    [...new Set(uses.flat().filter((word) => word.startsWith('--')))],
  ])
}

describe('every name in the text exists', () => {
  const sources = readSources('{activities,api,cli,domain,plugins,workflows}/**/*.ts')
  const isInCode = (name: string) => sources.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text))

  test('a code or a status is in the sources', () => {
    const codes = [...page.matchAll(/(?<=[`"])[a-z]+(?:_[a-z]+)+(?=[`"])/g)].map(([code]) => code)
    expect(new Set(codes).size).toBeGreaterThan(20)
    expect(codes.filter((code) => !isInCode(code))).toEqual([])
  })

  test('an environment variable is in the sources', () => {
    const variables = [...page.matchAll(/(?<=`)(?:[A-Z]+_)+[A-Z]+(?=`)/g)].map(([name]) => name)
    expect(new Set(variables).size).toBeGreaterThan(3)
    expect(variables.filter((name) => !isInCode(name))).toEqual([])
  })

  test('a search attribute is an attribute of runs', () => {
    const known = new Set<string>(Object.values(searchAttributes))
    const named = [...page.matchAll(/(\w+) = "/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  test('a link names a page and a heading in it', () => {
    const links = [...page.matchAll(/\]\(([a-z]+\.md)(?:#([a-z-]+))?\)/g)]
    expect(links.length).toBeGreaterThan(3)
    for (const [link, file = '', anchor] of links) {
      const headings = readFileSync(join(projectRoot, 'docs', file), 'utf8').match(/^#+ .*$/gm) ?? []
      const anchors = headings.map((heading) =>
        heading
          .replace(/^#+ /, '')
          .toLowerCase()
          .replaceAll(/[^a-z]+/g, '-'),
      )
      expect(anchor === undefined || anchors.includes(anchor), link).toBe(true)
    }
  })
})
