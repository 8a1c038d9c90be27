import { z } from 'zod'

// Control characters, halves of surrogate pairs, and the marks that turn the direction of text around: none belongs
// in a name, and Postgres can't store some of them.
const oneLine = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u
const manyLines = /^(?:[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|[\n\r\t])*$/u
const somethingVisible = /[\p{L}\p{N}\p{P}\p{S}]/u

// Refinements, not patterns: not every reader of the API's document understands such classes of characters.

/** One line of text that people can see, without surrounding space. */
export function text(maximum: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .refine((value) => oneLine.test(value), 'Use one line of text without control characters.')
    .refine((value) => value === '' || somethingVisible.test(value), 'Use at least one visible character.')
}

/** Text of several lines. */
export function longText(maximum: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .refine((value) => manyLines.test(value), 'Use text without control characters.')
}
