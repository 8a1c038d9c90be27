import { acceptOperation } from '../../domain/runs/accept-operation.ts'
import { describeRunPlan, describeRun } from '../../domain/runs/describe-run.ts'
import { type OperationRequest, billingAdapterOf } from '../../domain/runs/run-requests.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { nearestPartnerId } from '../../domain/organizations/read-organizations.ts'
import type { RunToStart } from '../../workflows/contract.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

/** An operation that a round requests. It is accepted once for each `scheduleKey`. */
export type ScheduledOperation = OperationRequest & { scheduleKey: string }

/** @returns the runs that were not accepted before. */
export async function acceptRuns(
  { db, registry }: ActivityDependencies,
  operations: readonly ScheduledOperation[],
): Promise<RunToStart[]> {
  const runs: RunToStart[] = []
  for (const { scheduleKey, ...operation } of operations) {
    const place = await findPlace(db, operation.request.organizationId)
    if (place === undefined) continue
    const plan = registry.planFor(operation.kind, operation.request)
    const accepted = await acceptOperation(db, { ...operation, plan, origin: { scheduleKey } })
    if (accepted === undefined) continue
    runs.push({
      id: accepted.id,
      kind: operation.kind,
      plan,
      summary: describeRun(operation, place.name),
      details: describeRunPlan(plan),
      partnerId: await nearestPartnerId(db, place.path),
      billingAdapter: billingAdapterOf(operation) ?? null,
    })
  }
  return runs
}
