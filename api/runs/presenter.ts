import { notUndone } from '../../domain/runs/not-undone.ts'
import type { Invitation } from '../../domain/users/invitations.ts'
import type { Onboarding, RunStep, Run } from '../../domain/runs/run-record.ts'
import { notUndoneReasons, workflowIdOf } from '../../workflows/contract.ts'
import type { InvitationView } from '../users/invitation-schema.ts'
import type { OnboardingView } from './onboarding-schemas.ts'
import type { OperationView } from './operation-schemas.ts'

export interface TemporalUi {
  /** Undefined when the deployment names no Web UI. */
  url: string | undefined
  namespace: string
}

export interface RunPresenters {
  presentOnboarding(onboarding: Onboarding): OnboardingView
  presentOperation(run: Run): OperationView
  /** Presents a run as an onboarding or as an operation, by its kind. */
  presentRun(run: Run): OnboardingView | OperationView
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
    notUndone: notUndone(run).map((effect) => ({ ...effect, message: notUndoneReasons[effect.why] })),
    workflow: presentWorkflow(run, ui),
    acceptedAt: run.acceptedAt.toISOString(),
    updatedAt: run.updatedAt.toISOString(),
    closedAt: run.closedAt?.toISOString() ?? null,
  }
}

/** Orders the fields as the wizard does, because Postgres does not keep the order of JSON keys. */
function presentRequest({ request: { type, company, user, plan } }: Onboarding): OnboardingView['request'] {
  return { type, company, user, plan } as OnboardingView['request']
}

function presentStep({ planned, ...entry }: RunStep): OnboardingView['steps'][number] {
  return {
    id: planned.id,
    title: planned.title,
    optional: planned.optional,
    status: entry.status,
    attempts: entry.attempts,
    startedAt: entry.startedAt?.toISOString() ?? null,
    finishedAt: entry.finishedAt?.toISOString() ?? null,
    output: entry.output,
    error: entry.error,
  }
}

function presentWorkflow(run: Run, ui: TemporalUi): OnboardingView['workflow'] {
  const id = workflowIdOf(run)
  const runPath = run.workflowRunId === null ? '' : `/${run.workflowRunId}`
  return { id, runId: run.workflowRunId, uiUrl: uiUrlOf(`${id}${runPath}`, ui) }
}

/** The page of a workflow in the Temporal Web UI; null without a Web UI. */
export function uiUrlOf(workflow: string, { url, namespace }: TemporalUi): string | null {
  return url === undefined ? null : `${url}/namespaces/${namespace}/workflows/${workflow}`
}
