import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Starts the test files that kill servers first. They take the longest, so a late start would extend the test run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return moduleId.includes('/test/chaos/') || moduleId.endsWith('/test/cli/start.test.ts')
}
