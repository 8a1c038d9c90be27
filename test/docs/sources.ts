import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../cli/deployment/environment.ts'

/** Reads the project files that match a glob pattern. Their paths are sorted and have forward slashes. */
export function readSources(pattern: string): { path: string; text: string }[] {
  const paths = globSync(pattern, { cwd: projectRoot }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }))
}
