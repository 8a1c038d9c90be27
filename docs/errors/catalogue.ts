import { problemTypes } from '../../api/http/problem-types.ts'
import { findFieldCodes, findTemporalFailures } from './other-codes.ts'
import type { Catalogue } from './page.ts'
import { readSources } from './source.ts'
import { findStepErrors } from './step-errors.ts'

/** All codes, read from the code of the project at `root`. @throws Error where a code or its words are not written out. */
export function readCatalogue(root: string): Catalogue {
  const engine = readSources(root, ['activities/**/*.ts', 'workflows/*.ts', 'plugins/*.ts'])
  const plugins = readSources(root, ['plugins/*/*.ts']).filter(
    ({ path }) => !/^plugins\/(contract|conformance)\//.test(path),
  )
  return {
    stepErrors: findStepErrors([...engine, ...plugins]),
    problems: Object.entries(problemTypes).map(([code, type]) => ({ code, ...type })),
    fields: findFieldCodes(readSources(root, ['api/**/*.ts', 'domain/**/*.ts'])),
    temporal: findTemporalFailures(engine),
  }
}
