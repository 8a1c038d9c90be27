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

/** Minutes. Longer than any run without a failure, and longer than the delay of a provider's search. */
export const defaultGraceMinutes = 60

/** The id of a schedule and of its workflow. It contains the task queue, because two deployments may share a namespace. */
export function scheduleId(taskQueue: string, name: keyof typeof rounds): string {
  return `${taskQueue}-${name}`
}

interface ScheduleSettings {
  taskQueue: string
  /** The number of days before the end of a trial at which its reminder is sent. */
  trialReminderDays: number
}

/** Creates or updates the schedules of a deployment. A paused schedule stays paused. */
export async function ensureSchedules(client: Client, settings: ScheduleSettings): Promise<void> {
  const { taskQueue, trialReminderDays } = settings
  const trials: TrialRoundInput = { reminderDays: trialReminderDays }
  await ensure(client, taskQueue, 'trials', { intervals: [{ every: '1 hour' }] }, trials)
  const billing: BillingRoundInput = {}
  // A month is billed once, but the round runs every day: an account that could not be billed is due again on the next day.
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
