import { BaseSequencer, type TestSpecification } from 'vitest/node'

const rooms = ['domain', 'activities', 'workflows', 'temporal', 'api']

/** Test files with less around them first: one failed test is enough to kill a mutant. */
export class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => cost(one) - cost(other))
  }
}

function cost({ moduleId }: TestSpecification): number {
  return rooms.findIndex((room) => moduleId.includes(`/test/${room}/`))
}
