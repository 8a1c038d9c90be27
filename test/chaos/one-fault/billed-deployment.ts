import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { expect, inject } from 'vitest'
import { type BillingRoundInput, rounds } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { startOwnTemporal } from '../system/own-servers.ts'
import { createDeployment } from './deployment.ts'

/** A deployment with its own database and Temporal. The ledger and an HTTP billing provider bill its accounts. */
export async function createBilledDeployment() {
  const [temporal, provider] = await Promise.all([
    startOwnTemporal(inject('temporalCliPath')),
    startBillingProvider(),
  ])
  const deployment = await createDeployment({
    temporal,
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
    db: deployment.db,
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
    },
  }
}

export type BilledDeployment = Awaited<ReturnType<typeof createBilledDeployment>>
