import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Step } from '../plugins/plugin-contract.ts'
import type { Registry } from '../plugins/registry.ts'
import { sampleRequest } from './sample-request.ts'

interface Input {
  runId: string
  email: string
  parentId: string
}
type Output = Record<string, unknown>

/** Our six steps as plain activities: each runs in its own transaction, without step journal, events or run plan. */
export function createBareActivities(db: DatabaseConnection, registry: Registry) {
  const activity =
    (stepId: string) =>
    async (input: Input): Promise<Output> => {
      const step = registry.steps.get(stepId)
      if (step === undefined) throw new Error(`There is no step ${stepId}.`)
      return perform(step, db, registry, input)
    }
  return {
    validateAccount: activity('validate-account'),
    createOrganization: activity('create-organization'),
    createUser: activity('create-user'),
    startBilling: activity('start-billing'),
    provisionLicenses: activity('provision-licenses'),
    notifyUser: activity('notify-user'),
  }
}
export type BareActivities = ReturnType<typeof createBareActivities>

async function perform(
  step: Step,
  db: DatabaseConnection,
  registry: Registry,
  request: Input,
): Promise<Output> {
  const input = step.input.parse({ ...sampleRequest(request.email), ...request })
  const context = {
    runId: request.runId,
    idempotencyKey: `${request.runId}:${step.id}`,
    signal: AbortSignal.timeout(10_000),
    now: new Date(),
    retries: 0,
    billing: registry.billing,
    notifier: registry.notifier,
  }
  if (step.placement === 'external') {
    const { output } = await step.execute(context, input)
    await db.transaction().execute(async (transaction) => step.record?.({ transaction }, input, output))
    return { ...(output as Output) }
  }
  return db.transaction().execute(async (transaction) => {
    const { output } = await step.execute({ ...context, transaction }, input)
    if (step.placement === 'by-billing-adapter') await step.record?.({ transaction }, input, output)
    return { ...(output as Output) }
  })
}
