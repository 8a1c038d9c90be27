import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { Registry } from '../../plugins/registry.ts'
import { adapterNotEnabled } from '../http/errors.ts'
import { unknownBillingAdapter } from '../http/field-errors.ts'
import { problem } from '../http/problem.ts'

/** The problem of a billing adapter that the deployment does not enable; undefined when it is enabled. */
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

/** A change of plan or standing calls the present adapter. @throws Problem `provider_refused` when it is not enabled any more. */
export function requireAdapter({ billingAdapters }: Registry, adapter: string): void {
  if (billingAdapters.has(adapter)) return
  throw problem(adapterNotEnabled, { parameters: { adapter } })
}
