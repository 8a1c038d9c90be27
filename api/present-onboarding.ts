import type { Onboarding, OnboardingStep } from '../domain/onboardings.ts'
import { addAccountWorkflowId } from '../workflows/contract.ts'
import type { OnboardingView } from './schemas/onboarding.ts'

/** Where the Temporal Web UI shows workflows; undefined when the deployment does not say. */
export interface TemporalUi {
  url: string | undefined
  namespace: string
}

export type PresentOnboarding = (onboarding: Onboarding) => OnboardingView

export function onboardingPresenter(ui: TemporalUi): PresentOnboarding {
  return (onboarding) => ({
    id: onboarding.id,
    status: onboarding.status,
    parentId: onboarding.parentId,
    organizationId: onboarding.organizationId,
    userId: onboarding.userId,
    request: presentRequest(onboarding),
    steps: onboarding.steps.map(presentStep),
    workflow: presentWorkflow(onboarding, ui),
    acceptedAt: onboarding.acceptedAt.toISOString(),
    updatedAt: onboarding.updatedAt.toISOString(),
    settledAt: onboarding.settledAt?.toISOString() ?? null,
  })
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

function presentWorkflow({ id, workflowRunId }: Onboarding, ui: TemporalUi): OnboardingView['workflow'] {
  const workflowId = addAccountWorkflowId(id)
  const run = workflowRunId === null ? '' : `/${workflowRunId}`
  return {
    id: workflowId,
    runId: workflowRunId,
    uiUrl: ui.url === undefined ? null : `${ui.url}/namespaces/${ui.namespace}/workflows/${workflowId}${run}`,
  }
}
