import { z } from 'zod'
import { waitUntil } from '../../../cli/stack/processes/wait-until.ts'
import { companyOf } from '../scenario/bodies.ts'
import type { Parent, PlannedRequest } from '../scenario/requests.ts'
import { noTroubles } from '../scenario/troubles.ts'
import type { ApiClient } from './api-client.ts'
import { createCustomer, type SentRequest } from './customer.ts'

const onboarding = z.object({ status: z.string(), organizationId: z.string().nullable() })

/** Adds what other accounts are added below, before anything goes wrong. */
export async function addParents(
  api: ApiClient,
): Promise<{ parents: Record<Parent, string>; added: SentRequest[] }> {
  const customer = createCustomer(api, { root: 'root', partner: 'root', enterprise: 'root' })
  const sent = await Promise.all(
    (['partner', 'enterprise'] as const).map((type) => customer.send(planned(type))),
  )
  const ids = await Promise.all(sent.map(({ id }) => untilAdded(api, id ?? '')))
  return { parents: { root: 'root', partner: ids[0] ?? '', enterprise: ids[1] ?? '' }, added: sent }
}

function planned(type: 'partner' | 'enterprise'): PlannedRequest {
  const name = `the-${type}`
  const plan = { kind: 'purchased', licenses: 100, billingAdapter: 'ledger' } as const
  return {
    name,
    parent: 'root',
    body: { type, company: companyOf(name), plan },
    conduct: 'plain',
    troubles: noTroubles,
    person: 'careful',
  }
}

async function untilAdded(api: ApiClient, id: string): Promise<string> {
  let organizationId: string | null = null
  const isAdded = async () => {
    const run = onboarding.parse((await api.call('GET', `/v1/onboardings/${id}`)).body)
    organizationId = run.organizationId
    return run.status === 'completed'
  }
  await waitUntil(isAdded, { withinMs: 60_000, gaveUp: () => new Error(`${id} was never completed.`) })
  return organizationId ?? ''
}
