import { type FindingKind, describeFindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import { closeFinding, type Finding, findFinding } from '../../domain/reconciliation/findings.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import { importFromOnboarding, importFromProvider } from './import-subscriptions.ts'
import {
  dropHeldDocument,
  freeLicense,
  keepOrganization,
  keepUser,
  openPool,
  removeUnlicensedDevice,
  removeOrganization,
  removeUser,
} from './remediate-records.ts'
import { startRunAgain, terminateWorkflow } from './remediate-runs.ts'
import { endAtProvider, suspendHere } from './remediate-subscriptions.ts'
import {
  type RemediationDecision,
  gone,
  NotRemediated,
  type RemediationContext,
  type Remediation,
} from './remediation.ts'

export type Action = 'import' | 'delete'

/** The result of the remediation of a finding. All but the first two changed nothing. */
export type RemediationOutcome =
  | { outcome: 'remediated'; does: string }
  /** The recheck did not find the difference any more, so the finding was closed. */
  | { outcome: 'gone' }
  | { outcome: 'possible'; does: string }
  | { outcome: 'unknown' }
  /** The finding was closed before. */
  | { outcome: 'closed'; resolution: string; actor: string | null }
  | { outcome: 'refused'; reason: string }

const remediations: Record<FindingKind, Partial<Record<Action, Remediation>>> = {
  subscription_unknown_here: { import: importFromProvider, delete: endAtProvider },
  subscription_still_open: { delete: endAtProvider },
  subscription_missing_at_provider: { delete: suspendHere },
  subscription_ended_at_provider: { delete: suspendHere },
  organization_without_onboarding: { import: keepOrganization, delete: removeOrganization },
  organization_of_ended_onboarding: { import: keepOrganization, delete: removeOrganization },
  plan_missing: { import: importFromOnboarding },
  license_pool_missing: { import: openPool },
  licenses_over_limit: {},
  license_of_removed_device: { delete: freeLicense },
  device_without_license: { delete: removeUnlicensedDevice },
  user_of_ended_onboarding: { import: keepUser, delete: removeUser },
  document_unfit: { delete: dropHeldDocument },
  document_waiting: { delete: dropHeldDocument },
  run_without_workflow: { import: startRunAgain },
  run_out_of_step: { import: startRunAgain },
  workflow_without_run: { delete: terminateWorkflow },
}

/**
 * Remediates a finding after a recheck. It may be repeated.
 * @param decision the person and the reason. Without it, this is a dry run, which answers whether the remediation is possible.
 */
export async function remediateFinding(
  context: RemediationContext,
  { id, action }: { id: string; action: Action },
  decision: RemediationDecision | undefined,
): Promise<RemediationOutcome> {
  const finding = await findFinding(context.db, id)
  if (finding === undefined) return { outcome: 'unknown' }
  const { resolution, actor, kind } = finding
  if (resolution !== null) return { outcome: 'closed', resolution, actor }
  const remediate = remediations[kind][action]
  const does = describeFindingKind(kind)[action]
  if (remediate === undefined || does === undefined)
    return {
      outcome: 'refused',
      reason: `Nothing can be ${pastTense[action]} here. ${describeFindingKind(kind).otherwise ?? ''}`,
    }
  try {
    const effect = await remediate(context, finding)
    if (decision === undefined) return { outcome: 'possible', does }
    await effect.elsewhere?.()
    await context.db.transaction().execute(async (transaction) => {
      // This comes first, so that a second person waits here and then finds the finding closed.
      if (!(await closeFinding(transaction, id, { resolution: pastTense[action], ...decision }))) throw gone()
      await effect.here?.(transaction, decision)
    })
    return { outcome: 'remediated', does }
  } catch (error) {
    return notRemediated(context, finding, error)
  }
}

const pastTense = { import: 'imported', delete: 'deleted' } as const

async function notRemediated(
  { db }: RemediationContext,
  { id }: Finding,
  error: unknown,
): Promise<RemediationOutcome> {
  if (error instanceof StepError)
    return { outcome: 'refused', reason: `${error.message} ${error.nextAction}` }
  if (!(error instanceof NotRemediated)) throw error
  if (error.outcome === 'refused') return { outcome: 'refused', reason: error.message }
  if (await closeFinding(db, id, { resolution: 'gone' })) return { outcome: 'gone' }
  // Another person closed the finding first.
  const closed = await findFinding(db, id)
  return { outcome: 'closed', resolution: closed?.resolution ?? 'gone', actor: closed?.actor ?? null }
}
