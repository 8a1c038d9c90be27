import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { expect } from 'vitest'
import type { BillingRoundInput } from '../../../workflows/contract.ts'
import { rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { freshDatabase } from '../../stack/database.ts'
import { createDeployment } from './deployment.ts'
import type { Boundary } from './gates.ts'
import { startOwnTemporal } from './own-temporal.ts'

/** A deployment on a database and a Temporal of its own, whose accounts are billed by the ledger or a real HTTP provider. */
export async function createBilledDeployment() {
  const [database, temporal, provider] = await Promise.all([
    freshDatabase(),
    startOwnTemporal(),
    startBillingProvider(),
  ])
  const deployment = await createDeployment({
    db: database.db,
    databaseUrl: database.url,
    temporalAddress: temporal.address,
    variables: {
      BILLING_HTTP_URL: provider.url,
      BILLING_HTTP_SECRET: providerSecret,
      TEST_QUICK_RETRIES: 'yes',
    },
  })
  const connection = await Connection.connect({ address: temporal.address })
  const client = new Client({ connection })
  const read = async (run: string) => (await deployment.send('GET', `/v1/operations/${run}`)).body
  return {
    deployment,
    db: database.db,
    temporal,
    provider,

    /** Adds an account that is billed by this adapter, and waits for it. */
    async addAccount(plan: Record<string, unknown>): Promise<string> {
      const wait = { prefer: 'wait=20' }
      const body = anAccountBody({ plan })
      const added = await deployment.send('POST', '/v1/organizations/root/accounts', body, wait)
      expect(added.status).toBe(201)
      return String(added.body.organizationId)
    },

    /** Starts a round of billing, as a schedule or a person does. */
    startRound: (month: string) =>
      client.workflow.start(rounds.billing.workflowType, {
        workflowId: randomUUID(),
        taskQueue: deployment.taskQueue,
        args: [{ month } satisfies BillingRoundInput],
      }),

    /** Waits until runs are held at these boundaries. */
    async untilHeld(boundaries: ReadonlyMap<string, Boundary>): Promise<void> {
      const missing = () => {
        const held = new Set(deployment.gates.held())
        return [...boundaries].filter(([run]) => !held.has(run)).map(([, boundary]) => boundary)
      }
      await expect.poll(missing, { timeout: 30_000 }).toEqual([])
    },

    /** Waits until each of these operations has settled into the status. */
    async until(runs: readonly string[], status: string): Promise<void> {
      const others = async () => {
        const statuses = await Promise.all(runs.map(read))
        return statuses.filter((run) => run.status !== status).map((run) => [run.id, run.status])
      }
      await expect.poll(others, { timeout: 40_000, interval: 200 }).toEqual([])
    },

    async stop(): Promise<void> {
      await connection.close()
      await deployment.stop()
      await provider.stop()
      await temporal.remove()
      await database.drop()
    },
  }
}

export type BilledDeployment = Awaited<ReturnType<typeof createBilledDeployment>>
