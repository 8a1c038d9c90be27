import { proxyActivities } from '@temporalio/workflow'
import type { BareActivities } from './bare-activities.ts'

const activities = proxyActivities<BareActivities>({ startToCloseTimeout: '10 seconds' })

/** The baseline: the same six pieces of work as our AddAccount, one activity each, and nothing else. */
export async function bareAddAccount(input: { run: string; email: string; parentId: string }): Promise<void> {
  await activities.validateAccount(input)
  const organization = await activities.createOrganization(input)
  const user = await activities.createUser({ ...input, ...organization })
  const billing = await activities.startBilling({ ...input, ...organization })
  await activities.provisionLicenses({ ...input, ...organization, ...billing })
  await activities.notifyUser({ ...input, ...organization, ...user })
}

/** The floor: what Temporal itself costs. */
export async function empty(): Promise<void> {}
