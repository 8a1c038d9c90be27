import { isDeepStrictEqual } from 'node:util'

/** One rule of a contract. Hand it to any test runner: `test(check.name, check.run)`. */
export interface Check {
  /** The rule, in words. */
  name: string
  /** @throws Error saying what was seen instead, when the subject breaks the rule. */
  run(): Promise<void>
}

/** @throws Error saying what is wrong. */
export function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** @throws Error showing both, which are said to be `what`. */
export function ensureSame(seen: unknown, expected: unknown, what: string): void {
  ensure(isDeepStrictEqual(seen, expected), `${what}: expected ${shown(expected)}, and saw ${shown(seen)}.`)
}

export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}

/** Runs `body`, and throws when it made another number of effects than `expected`. */
export async function countingEffects<Result>(
  counted: { countEffects(): Promise<number> },
  expected: number,
  what: string,
  body: () => Promise<Result>,
): Promise<Result> {
  const before = await counted.countEffects()
  const result = await body()
  const made = (await counted.countEffects()) - before
  ensure(made === expected, `${what}: expected ${effects(expected)}, and counted ${made}.`)
  return result
}

export function effects(count: number): string {
  return count === 0 ? 'no effect' : count === 1 ? 'one effect' : `${count} effects`
}
