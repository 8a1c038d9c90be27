import { type ErrorClass, StepError } from '../../plugin-contract.ts'
import { asText, ensure } from '../check.ts'

/** The error with which a call should fail. */
export interface ExpectedFailure {
  /** The situation, as the beginning of the message, such as `With wrong credentials`. */
  when: string
  classes: readonly ErrorClass[]
  /** Texts that the error may not quote. Default: none. */
  secrets?: readonly string[]
  /** The milliseconds within which the call must end. Default: 10,000, for a call that needs no waiting. */
  within?: number
}

/**
 * Makes a call that should fail, and returns its StepError.
 * @throws Error when the call succeeds, takes too long, or fails with any other error.
 */
export async function failureOf(call: () => Promise<unknown>, expected: ExpectedFailure): Promise<StepError> {
  const { when, classes, secrets = [], within = 10_000 } = expected
  const error = await withinTime(call, { when, within }).then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  )
  ensure(error !== undefined, `${when}, the call succeeded. It should throw a StepError.`)
  const { reason } = error
  if (reason instanceof TooLong) throw reason
  ensure(
    isStepError(reason),
    `${when}, the call threw ${nameOf(reason)}. A plug-in may throw only a StepError.`,
  )
  ensure(
    classes.includes(reason.class),
    `${when}, the error’s class is "${reason.class}" (code ${reason.code}). It should be ${classes.join(' or ')}.`,
  )
  ensure(
    /^[a-z][a-z0-9_]*$/.test(reason.code),
    `${when}, the code is not in lower snake case: ${reason.code}`,
  )
  ensure(reason.message.trim() !== '', `${when}, the error has no message.`)
  ensure(
    reason.nextAction.trim() !== '',
    `${when}, the error has no nextAction. It tells a person what to do.`,
  )
  const texts = asText([reason.message, reason.nextAction, reason.code, reason.fields])
  ensure(!secrets.some((secret) => texts.includes(secret)), `${when}, the error quotes a secret.`)
  return reason
}

/** The secrets of a subject, and the time for its calls: enough for requests that the client of the plug-in repeats. */
export function limitsOf({ patience, secrets }: { patience: number; secrets: readonly string[] }) {
  return { secrets, within: patience * 4 + 5_000 }
}

class TooLong extends Error {}

/** Returns the result of the call. @throws TooLong when the call takes more than `within` milliseconds. */
export async function withinTime<Result>(
  call: () => Promise<Result>,
  { when, within }: { when: string; within: number },
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new TooLong(`${when}, the call had not ended after ${within / 1000} seconds.`)),
    within,
  )
  try {
    return await Promise.race([call(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Compares the name too, because the plug-in can have its own copy of the contract. */
function isStepError(reason: unknown): reason is StepError {
  return reason instanceof StepError || (reason instanceof Error && reason.name === 'StepError')
}

function nameOf(reason: unknown): string {
  return reason instanceof Error ? `a ${reason.name}` : `a ${typeof reason}`
}
