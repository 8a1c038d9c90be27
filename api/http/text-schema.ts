import { z } from 'zod'

// Refuses control characters, lone surrogates and marks that change the direction of text. None of them belongs in a name, and
// Postgres cannot store some of them.
const oneLine = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u
const manyLines = /^(?:[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|[\n\r\t])*$/u
const somethingVisible = /[\p{L}\p{N}\p{P}\p{S}]/u

// Refinements and not patterns, because many tools that read OpenAPI do not support these character classes.

/** One line of text with at least one visible character. Surrounding space is removed. @param maximum in characters. */
export function text(maximum: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .refine((value) => oneLine.test(value), 'Use one line of text without control characters.')
    .refine((value) => value === '' || somethingVisible.test(value), 'Use at least one visible character.')
}

/** Text of one or more lines. Surrounding space is removed. @param maximum in characters. */
export function longText(maximum: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maximum)
    .refine((value) => manyLines.test(value), 'Use text without control characters.')
}

/** A text in a response, which can be null. */
export function nullableText(description: string) {
  return z.string().nullable().describe(description)
}
