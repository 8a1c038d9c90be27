import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { nearestPartnerId } from '../domain/organizations.ts'
import {
  type AddAccountInput,
  addAccountWorkflowId,
  addAccountWorkflowType,
  searchAttributes,
} from '../workflows/contract.ts'
import { describePlan, describeRequest } from './describe-onboarding.ts'
import type { StartableOnboarding } from './onboarding-runs.ts'

const deadline = 5_000

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
const status = keyword(searchAttributes.status)
const partner = keyword(searchAttributes.partnerId)
const billingAdapter = keyword(searchAttributes.billingAdapter)

export interface StarterSettings {
  client: Client
  /**
   * A client on the connection of a worker in this process, while there is one. Temporal then answers a start with the
   * first task itself, which saves the way through the task queue.
   */
  workerClient?: (() => Client | undefined) | undefined
  db: DatabaseConnection
  taskQueue: string
  /** Days that a stuck onboarding waits for a person before it cancels itself. */
  attentionDays: number
}

/**
 * Starts an onboarding's workflow under an id of its own: a second start finds the first.
 * @throws Error when Temporal does not take it within five seconds.
 */
export async function startOnboarding(
  settings: StarterSettings,
  onboarding: StartableOnboarding,
): Promise<void> {
  const { db, taskQueue, attentionDays } = settings
  const workerClient = settings.workerClient?.()
  const client = workerClient ?? settings.client
  const { id, plan, request, parent } = onboarding
  const partnerId = isPartner(parent.type) ? parent.id : await nearestPartnerId(db, parent.path)
  const input: AddAccountInput = { onboardingId: id, plan, attentionDays }
  try {
    await client.withDeadline(Date.now() + deadline, () =>
      client.workflow.start(addAccountWorkflowType, {
        workflowId: addAccountWorkflowId(id),
        taskQueue,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'USE_EXISTING',
        requestEagerStart: workerClient !== undefined,
        typedSearchAttributes: [
          { key: status, value: 'running' },
          { key: partner, value: partnerId },
          ...(request.plan === undefined
            ? []
            : [{ key: billingAdapter, value: request.plan.billingAdapter }]),
        ],
        staticSummary: describeRequest(request, parent.name),
        staticDetails: describePlan(plan),
      }),
    )
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

function isPartner(type: StartableOnboarding['parent']['type']): boolean {
  return type === 'partner' || type === 'platform'
}
