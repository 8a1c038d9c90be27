import { notUndone } from '../domain/not-undone.ts'
import type { Onboarding, OnboardingStep, Run } from '../domain/onboardings.ts'
import { workflowIdOf } from '../workflows/contract.ts'
import type { OnboardingView } from './schemas/onboarding.ts'
import type { OperationView } from './schemas/operation.ts'

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
}

export function runPresenters(ui: TemporalUi): RunPresenters {
  const presentOnboarding = (onboarding: Onboarding): OnboardingView => ({
    id: onboarding.id,
    status: onboarding.status,
    parentId: onboarding.parentId,
    organizationId: onboarding.organizationId,
    userId: onboarding.userId,
    request: presentRequest(onboarding),
    ...presentProgress(onboarding, ui),
  })
  const presentOperation = (run: Run): OperationView => ({
    id: run.id,
    kind: run.kind as OperationView['kind'],
    status: run.status,
    organizationId: run.organizationId ?? run.parentId,
    request: { ...run.request },
    ...presentProgress(run, ui),
  })
  return {
    presentOnboarding,
    presentOperation,
    presentRun: (run) => (run.kind === 'add-account' ? presentOnboarding(run) : presentOperation(run)),
  }
}

function presentProgress(run: Run, ui: TemporalUi) {
  return {
    steps: run.steps.map(presentStep),
    notUndone: notUndone(run),
    workflow: presentWorkflow(run, ui),
    acceptedAt: run.acceptedAt.toISOString(),
    updatedAt: run.updatedAt.toISOString(),
    settledAt: run.settledAt?.toISOString() ?? null,
  }
}

/** In the order of the wizard, whatever order the database keeps. */
function presentRequest({ request: { type, company, user, plan } }: Onboarding): OnboardingView['request'] {
  return { type, company, user, plan } as OnboardingView['request']
}

function presentStep({ planned, ...run }: OnboardingStep): OnboardingView['steps'][number] {
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
  const workflowId = workflowIdOf(run)
  const runPath = run.workflowRunId === null ? '' : `/${run.workflowRunId}`
  return {
    id: workflowId,
    runId: run.workflowRunId,
    uiUrl:
      ui.url === undefined ? null : `${ui.url}/namespaces/${ui.namespace}/workflows/${workflowId}${runPath}`,
  }
}
