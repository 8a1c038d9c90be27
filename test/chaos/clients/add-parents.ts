import { z } from 'zod'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import { companyOf } from '../scenario/bodies.ts'
import type { Parent, PlannedRequest } from '../scenario/requests.ts'
import { noCallFaults } from '../scenario/call-faults.ts'
import type { ApiClient } from './api-client.ts'
import { createCaller } from './caller.ts'

const onboarding = z.object({ status: z.string(), organizationId: z.string().nullable() })

/**
 * Adds the partner and the enterprise that are parents of other accounts, before any fault occurs.
 * @throws Error when one of them is not completed within a minute.
 */
export async function addParents(api: ApiClient) {
  const caller = createCaller(api, { root: 'root', partner: 'root', enterprise: 'root' })
  const types = ['partner', 'enterprise'] as const
  const added = await Promise.all(types.map((type) => caller.send(parentRequest(type))))
  const [partner = '', enterprise = ''] = await Promise.all(added.map(({ id }) => untilAdded(api, id ?? '')))
  const parents: Record<Parent, string> = { root: 'root', partner, enterprise }
  return { parents, added }
}

function parentRequest(type: 'partner' | 'enterprise'): PlannedRequest {
  const name = `the-${type}`
  const plan = { kind: 'purchased', licenses: 100, billingAdapter: 'ledger' } as const
  return {
    name,
    parent: 'root',
    body: { type, company: companyOf(name), plan },
    conduct: 'plain',
    callFaults: noCallFaults,
    supportAgent: 'careful',
  }
}

async function untilAdded(api: ApiClient, id: string): Promise<string> {
  let organizationId: string | null = null
  const isAdded = async () => {
    const run = onboarding.parse((await api.call('GET', `/v1/onboardings/${id}`)).body)
    organizationId = run.organizationId
    return run.status === 'completed'
  }
  const gaveUp = () => new Error(`The onboarding ${id} was not completed.`)
  await waitUntil(isAdded, { withinMs: 60_000, gaveUp })
  return organizationId ?? ''
}
