import type { Check } from '../../plugins/conformance/kits.ts'
import {
  type BillingAdapter,
  type BillingCall,
  type ErrorClass,
  StepError,
} from '../../plugins/plugin-contract.ts'

/** Runs the check of this name. @returns its error message, or `It passed.` */
export async function resultOf(checks: Check[], name: string): Promise<string> {
  const check = checks.find((each) => each.name === name)
  if (check === undefined) throw new Error(`There is no check named "${name}".`)
  return check.run().then(
    () => 'It passed.',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

/** Changes properties of the StepError that a call rejects with. Undefined removes a property. */
export async function withError<Result>(
  calling: Promise<Result>,
  change: { class?: ErrorClass; message?: string; nextAction?: string; retryAfter?: undefined },
): Promise<Result> {
  return calling.catch((error: unknown) => {
    if (!(error instanceof StepError)) throw error
    const { class: errorClass, code, message, nextAction, fields } = error
    throw new StepError({ class: errorClass, code, message, nextAction, fields, ...withoutUndefined(change) })
  })
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined))
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
