import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import type { Registry } from '../../plugins/registry.ts'
import { previewStep } from '../runs/preview-step.ts'
import type { OperationReviewView } from './plan-schemas.ts'

/** Tells what an operation would do, step by step. Has no effect. */
export async function reviewOperation(
  registry: Registry,
  { kind, request }: OperationRequest,
): Promise<OperationReviewView> {
  const steps: OperationReviewView['steps'] = []
  for (const planned of registry.planFor(kind, request))
    steps.push(await previewStep(registry, planned, request))
  return { kind, request: { ...request }, steps }
}
