import { randomUUID } from 'node:crypto'
import { monthBounds, monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { newId } from '../../../domain/ids.ts'
import { type BillingRoundInput, rounds } from '../../../workflows/contract.ts'
import type { UsedLicenses } from '../history/history.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { replaceWorkers, type System } from '../system/system.ts'
import { taskQueue } from '../system/task-queue.ts'

/**
 * Bills the previous month by two concurrent rounds. Their worker is killed while the recorder holds a usage report.
 * @param heldNames the requests whose usage reports are held.
 * @returns the licenses that each account used.
 */
export async function billMonth(
  { system, recorder }: { system: System; recorder: Recorder },
  heldNames: readonly string[],
): Promise<UsedLicenses[]> {
  const month = previousMonth(monthOf(new Date()))
  const used = await useLicenses(system, month)
  const start = () =>
    system.client.workflow.start(rounds.billing.workflowType, {
      workflowId: randomUUID(),
      taskQueue,
      args: [{ month } satisfies BillingRoundInput],
    })
  const started = await Promise.all([start(), start()])
  await recorder.waitUntilHeld(heldNames)
  await replaceWorkers(system)
  recorder.release()
  await Promise.all(started.map((round) => round.result()))
  return used
}

/**
 * Inserts devices that hold licenses of every account since the start of the month, and moves the plans back to then.
 * The devices are inserted into the tables because the API adds them at the present time.
 */
async function useLicenses({ db }: System, month: string): Promise<UsedLicenses[]> {
  const { from } = monthBounds(month)
  const accounts = await db.selectFrom('subscriptions').select('organization_id as organizationId').execute()
  const used = accounts.map(({ organizationId }, index) => ({ organizationId, devices: 1 + (index % 3) }))
  const devices = used.flatMap(({ organizationId, devices: count }) =>
    Array.from({ length: count }, () => ({
      id: newId('dev'),
      organization_id: organizationId,
      name: 'Laptop',
    })),
  )
  await db.updateTable('plan_periods').set({ starts_at: from }).execute()
  await db.insertInto('devices').values(devices).execute()
  await db
    .insertInto('license_assignments')
    .values(
      devices.map(({ id, organization_id }) => ({
        id: newId('lic'),
        pool_organization_id: organization_id,
        organization_id,
        device_id: id,
        assigned_at: from,
      })),
    )
    .execute()
  return used
}
