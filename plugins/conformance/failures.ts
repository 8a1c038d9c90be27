import { type ErrorClass, StepError } from '../plugin-contract.ts'
import { ensure, shown } from './check.ts'

/** What a failed call is expected to be. */
export interface ExpectedFailure {
  /** What was done, for the message. */
  when: string
  classes: readonly ErrorClass[]
  /** What no error may quote. */
  secrets?: readonly string[]
  /** Milliseconds after which the call should have ended. */
  within: number
}

/**
 * The StepError that a call ends with.
 * @throws Error when it succeeds, goes on for too long, or ends with anything else.
 */
export async function failureOf(call: () => Promise<unknown>, expected: ExpectedFailure): Promise<StepError> {
  const { when, classes, secrets = [] } = expected
  const error = await ending(call, expected).then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  )
  ensure(error !== undefined, `${when}, the call says that it succeeded. It should throw a StepError.`)
  const { reason } = error
  if (reason instanceof TooLong) throw reason
  ensure(isStepError(reason), `${when}, it throws ${nameOf(reason)}. Only a StepError may leave a plug-in.`)
  ensure(
    classes.includes(reason.class),
    `${when}, the error’s class is "${reason.class}" (code ${reason.code}). It should be ${classes.join(' or ')}.`,
  )
  ensure(/^[a-z][a-z0-9_]*$/.test(reason.code), `${when}, the code is not lower snake case: ${reason.code}`)
  ensure(reason.message.trim() !== '', `${when}, the error has no message.`)
  ensure(reason.nextAction.trim() !== '', `${when}, nextAction is empty: a person is not told what to do.`)
  const words = shown([reason.message, reason.nextAction, reason.code, reason.fields])
  ensure(!secrets.some((secret) => words.includes(secret)), `${when}, the error quotes a secret.`)
  return reason
}

class TooLong extends Error {}

/** What the call comes to. @throws Error when it goes on for longer than `within`. */
export async function ending<Result>(
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

/** By its shape too: the plug-in may have a copy of the contract of its own. */
function isStepError(reason: unknown): reason is StepError {
  return reason instanceof StepError || (reason instanceof Error && reason.name === 'StepError')
}

function nameOf(reason: unknown): string {
  return reason instanceof Error ? `a ${reason.name}` : `a ${typeof reason}`
}
