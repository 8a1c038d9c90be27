import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { expect, inject } from 'vitest'
import { type BillingRoundInput, rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { freshDatabase } from '../../stack/database.ts'
import { startOwnTemporal } from '../system/own-servers.ts'
import { createDeployment } from './deployment.ts'
import type { Boundary } from './gates.ts'

/** A deployment with its own database and Temporal. The ledger and an HTTP billing provider bill its accounts. */
export async function createBilledDeployment() {
  const [database, temporal, provider] = await Promise.all([
    freshDatabase(),
    startOwnTemporal(inject('temporalCliPath')),
    startBillingProvider(),
  ])
  const deployment = await createDeployment({
    db: database.db,
    databaseUrl: database.url,
    temporalAddress: temporal.address,
    variables: {
      BILLING_HTTP_URL: provider.url,
      BILLING_HTTP_SECRET: providerSecret,
      TEST_SHORT_RETRIES: 'yes',
    },
  })
  const connection = await Connection.connect({ address: temporal.address })
  const client = new Client({ connection })
  const read = async (runId: string) => (await deployment.send('GET', `/v1/operations/${runId}`)).body
  return {
    deployment,
    db: database.db,
    temporal,
    provider,

    /** Adds an account with this plan and waits until it is completed. @returns the id of the organization. */
    async addAccount(plan: Record<string, unknown>): Promise<string> {
      const wait = { prefer: 'wait=20' }
      const body = anAccountBody({ plan })
      const added = await deployment.send('POST', '/v1/organizations/root/accounts', body, wait)
      expect(added.status).toBe(201)
      return String(added.body.organizationId)
    },

    /** Starts a billing round, as the schedule or a command does. */
    startRound: (month: string) =>
      client.workflow.start(rounds.billing.workflowType, {
        workflowId: randomUUID(),
        taskQueue: deployment.taskQueue,
        args: [{ month } satisfies BillingRoundInput],
      }),

    /** Waits until each of these runs is held at its boundary. */
    async untilHeld(boundaries: ReadonlyMap<string, Boundary>): Promise<void> {
      const missing = () => {
        const held = new Set(deployment.gates.held())
        return [...boundaries].filter(([runId]) => !held.has(runId)).map(([, boundary]) => boundary)
      }
      await expect.poll(missing, { timeout: 30_000 }).toEqual([])
    },

    /** Waits until each of these operations has the status. */
    async until(runIds: readonly string[], status: string): Promise<void> {
      const others = async () => {
        const runs = await Promise.all(runIds.map(read))
        return runs.filter((run) => run.status !== status).map((run) => [run.id, run.status])
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
