import type { BulkDecision } from '../../domain/decisions/bulk-decision.ts'
import { notUndone } from '../../domain/runs/not-undone.ts'
import type { Invitation } from '../../domain/users/invitations.ts'
import type { Onboarding, RunStep, Run } from '../../domain/runs/run-record.ts'
import { bulkWorkflowId, notUndoneReasons, workflowIdOf } from '../../workflows/contract.ts'
import type { BulkDecisionView } from '../bulk-decisions/schemas.ts'
import type { InvitationView } from '../users/invitation-schema.ts'
import type { OnboardingView } from './onboarding-schemas.ts'
import type { OperationView } from './operation-schemas.ts'

/** Where the Temporal Web UI shows workflows; undefined when the deployment does not say. */
export interface TemporalUi {
  url: string | undefined
  namespace: string
}

export interface RunPresenters {
  presentOnboarding(onboarding: Onboarding): OnboardingView
  presentOperation(run: Run): OperationView
  /** Either, by the run's kind. */
  presentRun(run: Run): OnboardingView | OperationView
  presentBulkDecision(bulk: BulkDecision): BulkDecisionView
}

export function runPresenters(ui: TemporalUi): RunPresenters {
  const presentOnboarding = (onboarding: Onboarding): OnboardingView => ({
    id: onboarding.id,
    status: onboarding.status,
    parentId: onboarding.parentId,
    organizationId: onboarding.organizationId,
    ...presentUser(onboarding),
    request: presentRequest(onboarding),
    ...presentProgress(onboarding, ui),
  })
  const presentOperation = (run: Run): OperationView => ({
    id: run.id,
    kind: run.kind as OperationView['kind'],
    status: run.status,
    organizationId: run.organizationId ?? run.parentId,
    ...presentUser(run),
    request: { ...run.request },
    ...presentProgress(run, ui),
  })
  return {
    presentOnboarding,
    presentOperation,
    presentRun: (run) => (run.kind === 'add-account' ? presentOnboarding(run) : presentOperation(run)),
    presentBulkDecision: (bulk) => presentBulk(bulk, ui),
  }
}

function presentUser({ userId, invitation }: Run) {
  return { userId, invitation: invitation === null ? null : presentInvitation(invitation) }
}

export function presentInvitation({ status, sentAt, error }: Invitation): InvitationView {
  return { status, sentAt: sentAt === null ? null : new Date(sentAt).toISOString(), error }
}

function presentProgress(run: Run, ui: TemporalUi) {
  return {
    steps: run.steps.map(presentStep),
    notUndone: notUndone(run).map((one) => ({ ...one, message: notUndoneReasons[one.why] })),
    workflow: presentWorkflow(run, ui),
    acceptedAt: run.acceptedAt.toISOString(),
    updatedAt: run.updatedAt.toISOString(),
    closedAt: run.closedAt?.toISOString() ?? null,
  }
}

/** In the order of the wizard, whatever order the database keeps. */
function presentRequest({ request: { type, company, user, plan } }: Onboarding): OnboardingView['request'] {
  return { type, company, user, plan } as OnboardingView['request']
}

function presentStep({ planned, ...run }: RunStep): OnboardingView['steps'][number] {
  return {
    id: planned.id,
    title: planned.title,
    optional: planned.optional,
    status: run.status,
    attempts: run.attempts,
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    output: run.output,
    error: run.error,
  }
}

function presentWorkflow(run: Run, ui: TemporalUi): OnboardingView['workflow'] {
  const id = workflowIdOf(run)
  const runPath = run.workflowRunId === null ? '' : `/${run.workflowRunId}`
  return { id, runId: run.workflowRunId, uiUrl: uiUrlOf(`${id}${runPath}`, ui) }
}

function uiUrlOf(workflow: string, { url, namespace }: TemporalUi): string | null {
  return url === undefined ? null : `${url}/namespaces/${namespace}/workflows/${workflow}`
}

function presentBulk(bulk: BulkDecision, ui: TemporalUi): BulkDecisionView {
  const { acceptedAt, closedAt, filter, counts, ...rest } = bulk
  const id = bulkWorkflowId(bulk.id)
  return {
    ...rest,
    filter: filter as BulkDecisionView['filter'],
    counts: { ...noItems, ...counts },
    status: closedAt === null ? 'running' : 'closed',
    workflow: { id, uiUrl: uiUrlOf(id, ui) },
    acceptedAt: acceptedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
  }
}

const noItems: BulkDecisionView['counts'] = {
  pending: 0,
  sent: 0,
  completed: 0,
  needs_attention: 0,
  cancelled: 0,
  failed: 0,
  refused: 0,
}
