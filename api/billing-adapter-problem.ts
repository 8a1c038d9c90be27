import type { FieldProblem } from '../domain/errors.ts'
import type { Registry } from '../plugins/registry.ts'

/** What is wrong with a billing adapter that a request names; undefined when this deployment has it. */
export function findAdapterProblem(
  { billingAdapters }: Registry,
  adapter: string,
  pointer: string,
): FieldProblem | undefined {
  if (billingAdapters.has(adapter)) return undefined
  const known = [...billingAdapters.keys()].join(', ')
  const message = `This deployment bills by: ${known === '' ? 'nobody' : known}.`
  return { pointer, code: 'unknown_billing_adapter', message }
}
