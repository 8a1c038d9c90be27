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

/** Longer than any healthy run takes, and longer than a provider's search lags behind. */
export const defaultGraceMinutes = 60

/** The id of a schedule. It contains the task queue, because two deployments may share a namespace. */
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
 * Creates the schedules of a deployment, or updates them from the configuration. A paused schedule stays paused.
 */
export async function ensureSchedules(client: Client, settings: ScheduleSettings): Promise<void> {
  const { taskQueue, trialReminderDays } = settings
  const trials: TrialRoundInput = { reminderDays: trialReminderDays }
  await ensure(client, taskQueue, 'trials', { intervals: [{ every: '1 hour' }] }, trials)
  const billing: BillingRoundInput = {}
  // Every day, although a month is billed once: an account that could not be billed is due again on the next day.
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
