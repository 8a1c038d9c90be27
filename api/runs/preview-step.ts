import type { RunKind, RunRequests } from '../../domain/runs/run-requests.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import type { Registry } from '../../plugins/registry.ts'
import type { StepPreviewView } from './step-preview-schema.ts'

/** Runs `preview` of one step of a run plan: what the step would do for this request. Has no effect. */
export async function previewStep(
  registry: Registry,
  { id, title, placement }: PlannedStep,
  request: RunRequests[RunKind],
): Promise<StepPreviewView> {
  const preview = await registry.steps.get(id)?.preview(registry, request)
  const { summary = title, details = {} } = preview ?? {}
  return { id, title, placement, preview: { summary, details } }
}
