import type { AccountOperation } from '../domain/operations.ts'
import type { Registry } from '../plugins/registry.ts'
import type { OperationReviewView } from './schemas/plan.ts'

/** Tells what an operation would do, step by step. Has no effect. */
export async function reviewOperation(
  registry: Registry,
  { kind, request }: AccountOperation,
): Promise<OperationReviewView> {
  const steps: OperationReviewView['steps'] = []
  for (const { id, title, placement } of registry.planFor(kind, request)) {
    const preview = await registry.steps.get(id)?.preview(registry, request)
    const { summary = title, details = {} } = preview ?? {}
    steps.push({ id, title, placement, preview: { summary, details } })
  }
  return { kind, request: { ...request }, steps }
}
