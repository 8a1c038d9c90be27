/** `npm test` runs a part of the tests that repeat one check with other values; `npm run test:all` runs all. */
const isComplete = process.env.TEST_EXTENT === 'all'

/**
 * @param all the number of runs of a property in `npm run test:all`.
 * @returns the parameters for fast-check; `npm test` does a quarter of the runs.
 */
export function tries(all: number): { numRuns: number } {
  return { numRuns: isComplete ? all : Math.ceil(all / 4) }
}

/**
 * @returns all combinations of three lists in `npm run test:all`. In `npm test`, each combination of the first two lists
 * has one value of the third, so that any two values of different lists still occur together.
 */
export function combinations<One, Two, Three>(
  ones: readonly One[],
  twos: readonly Two[],
  threes: readonly Three[],
): [One, Two, Three][] {
  return ones.flatMap((one, first) =>
    twos.flatMap((two, second) =>
      threes
        .filter((_, third) => isComplete || third === (first + second) % threes.length)
        .map((three): [One, Two, Three] => [one, two, three]),
    ),
  )
}

/** @returns all items in `npm run test:all`, and in `npm test` about this many of them, evenly spread. */
export function part<Item>(all: readonly Item[], count: number): Item[] {
  const step = isComplete ? 1 : Math.ceil(all.length / count)
  return all.filter((_, index) => index % step === 0)
}
