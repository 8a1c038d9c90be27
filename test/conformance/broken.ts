import type { Check } from '../../plugins/conformance/kits.ts'
import { type ErrorClass, StepError } from '../../plugins/plugin-contract.ts'

/** What the check of this name says about a subject that breaks its rule. */
export async function verdict(checks: Check[], name: string): Promise<string> {
  const check = checks.find((one) => one.name === name)
  if (check === undefined) throw new Error(`There is no check named "${name}".`)
  return check.run().then(
    () => 'It passed.',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

/** The error of a call, with other particulars. */
export async function misreporting<Result>(
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

/** Calls every method of `target` through `around`, which may change what goes in and what comes out. */
export function everyMethod<Target extends object>(
  target: Target,
  around: (method: (...given: never[]) => unknown, given: unknown[]) => unknown,
): Target {
  const changed = Object.entries(target).map(([name, method]) => [
    name,
    typeof method === 'function' ? (...given: unknown[]) => around(method.bind(target), given) : method,
  ])
  return Object.fromEntries(changed) as Target
}
