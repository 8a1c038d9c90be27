import type { PlannedStep } from '../../domain/runs/run-plan.ts'

/** A planned step with quick retries; name only what the test is about. */
export function plannedStep(id: string, overrides: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    version: 1,
    title: id,
    needs: [],
    placement: 'external',
    optional: false,
    undo: 'undo',
    retry: { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 30_000, maximumAttempts: 3 },
    timeout: 10_000,
    heartbeatTimeout: 6_000,
    ...overrides,
  }
}
