import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import type { Registry } from '../../plugins/registry.ts'
import { previewStep } from '../runs/preview-step.ts'
import type { OperationDryRunView } from './plan-schemas.ts'

/** A dry run of an operation: what each of its steps would do. Has no effect. */
export async function dryRunOperation(
  registry: Registry,
  { kind, request }: OperationRequest,
): Promise<OperationDryRunView> {
  const steps: OperationDryRunView['steps'] = []
  for (const planned of registry.planFor(kind, request))
    steps.push(await previewStep(registry, planned, request))
  return { kind, request: { ...request }, steps }
}
