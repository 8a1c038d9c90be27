import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { Registry } from '../../plugins/registry.ts'
import { Problem } from '../http/problem.ts'

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

/**
 * Whoever bills an account now has to be there to bill it otherwise.
 * @throws Problem `provider_refused` when a deployment has left out the plug-in meanwhile.
 */
export function requireAdapter({ billingAdapters }: Registry, adapter: string): void {
  if (billingAdapters.has(adapter)) return
  throw new Problem('provider_refused', `No enabled plug-in brings the billing adapter "${adapter}".`, {
    nextAction: 'Have those who operate the platform enable it again.',
  })
}
