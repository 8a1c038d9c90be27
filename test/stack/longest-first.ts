import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that kill servers wait the longest: begun last, they would keep the run from ending. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isChaos = ({ moduleId }: TestSpecification) => moduleId.includes('/test/chaos/')
    const sorted = await super.sort(files)
    return [...sorted.filter(isChaos), ...sorted.filter((file) => !isChaos(file))]
  }
}
