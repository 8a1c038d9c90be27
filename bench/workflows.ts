import { proxyActivities } from '@temporalio/workflow'
import type { BareActivities } from './bare-activities.ts'

const activities = proxyActivities<BareActivities>({ startToCloseTimeout: '10 seconds' })

/** The baseline: the six steps of AddAccount, each as one plain activity. */
export async function bareAddAccount(input: {
  runId: string
  email: string
  parentId: string
}): Promise<void> {
  await activities.validateAccount(input)
  const organization = await activities.createOrganization(input)
  const user = await activities.createUser({ ...input, ...organization })
  const billing = await activities.startBilling({ ...input, ...organization })
  await activities.provisionLicenses({ ...input, ...organization, ...billing })
  await activities.notifyUser({ ...input, ...organization, ...user })
}

/** The lower bound: a workflow that does nothing, to measure the cost of Temporal itself. */
export async function empty(): Promise<void> {}
