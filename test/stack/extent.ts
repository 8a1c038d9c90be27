/** `npm test` takes a part of what only repeats itself with other values; `npm run test:all` takes all of it. */
const isWhole = process.env.TEST_EXTENT === 'all'

/** How often a property is tried: all of it, or a quarter. */
export function tries(all: number): { numRuns: number } {
  return { numRuns: isWhole ? all : Math.ceil(all / 4) }
}

/**
 * Two lists in every combination, and a third: with every one of its values, or with one each in turn, so that every two
 * values of different lists still meet.
 */
export function combinations<One, Two, Three>(
  ones: readonly One[],
  twos: readonly Two[],
  threes: readonly Three[],
): [One, Two, Three][] {
  return ones.flatMap((one, first) =>
    twos.flatMap((two, second) =>
      threes
        .filter((_, third) => isWhole || third === (first + second) % threes.length)
        .map((three): [One, Two, Three] => [one, two, three]),
    ),
  )
}
