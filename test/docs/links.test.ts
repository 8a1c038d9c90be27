import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
  cwd: projectRoot,
  exclude: ['**/node_modules/**'],
})

test.each(pages)('%s links only to files and headings that exist', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  expect(links.filter((target) => !target.includes('://') && !exists(target, page))).toEqual([])
})

function exists(target: string, page: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(projectRoot, file))) return false
  return anchor === undefined || anchorsOf(read(file)).has(anchor)
}

/** The anchors that a Markdown viewer generates for headings, and the explicit ones. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  const explicit = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set([...headings, ...explicit])
}

function read(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8')
}
