import { isDeepStrictEqual } from 'node:util'

/** A rule of a contract, as a test for any test runner: `test(check.name, check.run)`. */
export interface Check {
  /** The rule, in words. */
  name: string
  /** Tests the rule. @throws Error that describes the difference when the subject breaks the rule. */
  run(): Promise<void>
}

/** @throws Error with `message` when `condition` is false. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** @throws Error that shows both values, under the name `what`, when they differ. */
export function ensureSame(actual: unknown, expected: unknown, what: string): void {
  ensure(
    isDeepStrictEqual(actual, expected),
    `${what}: expected ${asText(expected)}, and got ${asText(actual)}.`,
  )
}

/** The value as JSON, or as `String` shows it when JSON cannot hold it. */
export function asText(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}

/**
 * Runs `body` and returns its result.
 * @throws Error, with `what` as its subject, when `body` did not have exactly `expected` effects.
 */
export async function expectEffects<Result>(
  subject: { countEffects(): Promise<number> },
  expected: number,
  what: string,
  body: () => Promise<Result>,
): Promise<Result> {
  const before = await subject.countEffects()
  const result = await body()
  const count = (await subject.countEffects()) - before
  ensure(count === expected, `${what}: expected ${effectsInWords(expected)}, and counted ${count}.`)
  return result
}

/** A number of effects, for messages. */
export function effectsInWords(count: number): string {
  return count === 0 ? 'no effect' : count === 1 ? 'one effect' : `${count} effects`
}
