import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that kill servers wait the longest: begun last, they would keep the run from ending. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return moduleId.includes('/test/chaos/') || moduleId.endsWith('/test/cli/start.test.ts')
}
