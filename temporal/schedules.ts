import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client'
import {
  type BillingRoundInput,
  type ReconcileRoundInput,
  rounds,
  type TrialRoundInput,
} from '../workflows/contract.ts'

/** Longer than anything takes that goes well, and than a search at a provider lags behind. */
export const defaultGraceMinutes = 60

/** Names a schedule of this deployment: two deployments may share a namespace. */
export function scheduleId(taskQueue: string, name: keyof typeof rounds): string {
  return `${taskQueue}-${name}`
}

/** What the schedules take from the configuration of a deployment. */
interface ScheduleSettings {
  taskQueue: string
  /** Days before its end that a trial is reminded of it. */
  trialReminderDays: number
}

/**
 * Makes the schedules of a deployment, or brings them to what the configuration says. A schedule that an operator paused
 * stays paused.
 */
export async function ensureSchedules(client: Client, settings: ScheduleSettings): Promise<void> {
  const { taskQueue, trialReminderDays } = settings
  const trials: TrialRoundInput = { reminderDays: trialReminderDays }
  await ensure(client, taskQueue, 'trials', { intervals: [{ every: '1 hour' }] }, trials)
  const billing: BillingRoundInput = {}
  // Every day, though a month is billed once: what could not be billed on the first day is due on the next.
  await ensure(client, taskQueue, 'billing', { calendars: [{ hour: 0, minute: 15 }] }, billing)
  const reconciliation: ReconcileRoundInput = { graceMinutes: defaultGraceMinutes }
  await ensure(client, taskQueue, 'reconciliation', { calendars: [{ hour: 3, minute: 30 }] }, reconciliation)
}

async function ensure(
  client: Client,
  taskQueue: string,
  name: keyof typeof rounds,
  spec: ScheduleOptions['spec'],
  input: object,
): Promise<void> {
  const wanted = {
    spec,
    action: {
      type: 'startWorkflow' as const,
      workflowType: rounds[name].workflowType,
      workflowId: scheduleId(taskQueue, name),
      taskQueue,
      args: [input],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' as const },
  }
  try {
    await client.schedule.create({ scheduleId: scheduleId(taskQueue, name), ...wanted })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = client.schedule.getHandle(scheduleId(taskQueue, name))
    await handle.update(({ state }) => ({ ...wanted, state }))
  }
}
