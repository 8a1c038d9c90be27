import { BaseSequencer, type TestSpecification } from 'vitest/node'

const folders = ['domain', 'activities', 'workflows', 'temporal', 'api']

/** Runs the cheaper test files first, because one failed test is enough to kill a mutant. */
export class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => cost(one) - cost(other))
  }
}

function cost({ moduleId }: TestSpecification): number {
  return folders.findIndex((folder) => moduleId.includes(`/test/${folder}/`))
}
