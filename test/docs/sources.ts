import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../cli/deployment/environment.ts'

/** The files of the project that match, in the order of their paths, which have slashes. */
export function readSources(pattern: string): { path: string; text: string }[] {
  const paths = globSync(pattern, { cwd: projectRoot }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }))
}
