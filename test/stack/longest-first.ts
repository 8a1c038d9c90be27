import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that kill servers wait the longest: begun last, they would keep the run from ending. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isChaos), ...sorted.filter((file) => !isChaos(file))]
  }
}

function isChaos({ moduleId }: TestSpecification): boolean {
  return moduleId.includes('/test/chaos/')
}
