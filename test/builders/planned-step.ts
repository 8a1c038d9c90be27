import type { PlannedStep } from '../../domain/runs/run-plan.ts'

/** Makes a step of a run plan, with quick retries. @param overrides fields that replace the defaults. */
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
