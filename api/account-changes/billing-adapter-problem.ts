import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { Registry } from '../../plugins/registry.ts'
import { adapterNotEnabled } from '../http/errors.ts'
import { unknownBillingAdapter } from '../http/field-errors.ts'
import { problem } from '../http/problem.ts'

/** What is wrong with a billing adapter that a request names; undefined when this deployment has it. */
export function findAdapterProblem(
  { billingAdapters }: Registry,
  adapter: string,
  pointer: string,
): FieldProblem | undefined {
  if (billingAdapters.has(adapter)) return undefined
  const known = [...billingAdapters.keys()].join(', ')
  const parameters = { adapters: known === '' ? 'none' : known }
  return fieldProblem(pointer, unknownBillingAdapter, { parameters })
}

/**
 * Whoever bills an account now has to be there to bill it otherwise.
 * @throws Problem `provider_refused` when a deployment has left out the plug-in meanwhile.
 */
export function requireAdapter({ billingAdapters }: Registry, adapter: string): void {
  if (billingAdapters.has(adapter)) return
  throw problem(adapterNotEnabled, { parameters: { adapter } })
}
