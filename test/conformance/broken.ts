import { expect, test } from 'vitest'
import type { Check } from '../../plugins/conformance/kits.ts'
import {
  type BillingAdapter,
  type BillingCall,
  type ErrorClass,
  type Plugin,
  StepError,
} from '../../plugins/plugin-contract.ts'

/** By the name of the check that fails, and by the fault in words: the change that causes it, and the error of the check. */
export type Faults<Change> = Record<string, Record<string, [change: Change, error: RegExp]>>

/**
 * Tests that each fault fails its check, and that each of `checks` has a fault.
 * @param subject with its article, such as `an adapter`. @param checksOf the checks of the subject with this change.
 */
export function testFaults<Change>(
  subject: string,
  faults: Faults<Change>[],
  checks: Check[],
  checksOf: (change: Change) => Check[],
): void {
  const cases = faults
    .flatMap(Object.entries<Faults<Change>[string]>)
    .flatMap(([name, ofCheck]) =>
      Object.entries(ofCheck).map(([fault, [change, error]]) => ({ fault, name, change, error })),
    )
  test.each(cases)(`${subject} that $fault fails the check: $name`, async ({ name, change, error }) => {
    const check = checksOf(change).find((each) => each.name === name)
    if (check === undefined) throw new Error(`There is no check named "${name}".`)
    await expect(check.run()).rejects.toThrow(error)
  })

  test('every check of the kit fails for one of these faults', () => {
    expect(checks.filter(({ name }) => !cases.some((each) => each.name === name))).toEqual([])
  })
}

/** Changes every plug-in to which a subject connects. */
export function withPlugin<
  Subject extends Record<'connect' | 'connectWithWrongCredentials', (url: string) => Plugin>,
>(subject: Subject, change: (plugin: Plugin) => Plugin): Subject {
  return {
    ...subject,
    connect: (url: string) => change(subject.connect(url)),
    connectWithWrongCredentials: (url: string) => change(subject.connectWithWrongCredentials(url)),
  }
}

/** Changes properties of the StepError that a call rejects with, and removes its `retryAfter`. */
export async function withError<Result>(
  calling: Promise<Result>,
  change: { class?: ErrorClass; message?: string; nextAction?: string },
): Promise<Result> {
  return calling.catch((error: unknown) => {
    if (!(error instanceof StepError)) throw error
    const { class: errorClass, code, message, nextAction, fields } = error
    throw new StepError({ class: errorClass, code, message, nextAction, fields, ...change })
  })
}

/** Wraps every method of `target` in `around`, which may change the arguments and the result. */
export function everyMethod<Target extends object>(
  target: Target,
  around: (method: (...all: never[]) => unknown, all: unknown[]) => unknown,
): Target {
  const changed = Object.entries(target).map(([name, method]) => [
    name,
    typeof method === 'function' ? (...all: unknown[]) => around(method.bind(target), all) : method,
  ])
  return Object.fromEntries(changed) as Target
}

/** Changes the BillingCall that every method of an adapter receives. */
export function withCalls(
  adapter: BillingAdapter,
  change: (call: BillingCall) => Partial<BillingCall>,
): BillingAdapter {
  return everyMethod(adapter, (method, [call, ...others]) =>
    method(...([isCall(call) ? change(call) : call, ...others] as never[])),
  )
}

function isCall(value: unknown): value is BillingCall {
  return typeof value === 'object' && value !== null && 'idempotencyKey' in value
}
