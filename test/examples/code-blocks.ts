import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../cli/deployment/environment.ts'

/** A code block of the documentation, written to a file. */
export interface CodeBlock {
  /** The place of the block, such as `README.md, line 57`. */
  origin: string
  file: string
}

/** The compiler options that docs/plugins.md recommends for a plug-in. */
const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: ['node'],
}

/**
 * Makes a package outside of this project that depends on it, with a file for each `ts` block of these Markdown and source
 * files. Blocks marked `ts fragment` are left out.
 * @param files relative to the project.
 * @returns the folder of the package, which the caller deletes, and the blocks.
 */
export async function packageWithExamples(
  files: readonly string[],
): Promise<{ folder: string; blocks: CodeBlock[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-consumer-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  await symlink(projectRoot, join(modules, 'tenantry'))
  for (const name of ['zod', '@types'])
    await symlink(join(projectRoot, 'node_modules', name), join(modules, name))
  const blocks: CodeBlock[] = []
  for (const name of files) {
    for (const { line, code } of blocksIn(await readFile(join(projectRoot, name), 'utf8'))) {
      const file = join(folder, `example-${blocks.length}.ts`)
      await writeFile(file, code)
      blocks.push({ origin: `${name}, line ${line}`, file })
    }
  }
  return { folder, blocks }
}

function blocksIn(text: string): { line: number; code: string }[] {
  // In a docstring, each line of a block has the same margin.
  return [...text.matchAll(/^(?<margin> \* |)```ts\n(?<body>[^]*?)^\k<margin>```$/gm)].map((match) => {
    const { margin = '', body = '' } = match.groups ?? {}
    const lines = body
      .split('\n')
      .map((line) => line.slice(line.startsWith(margin) ? margin.length : line.length))
    return { line: text.slice(0, match.index).split('\n').length, code: lines.join('\n') }
  })
}
