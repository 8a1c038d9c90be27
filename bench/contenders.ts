import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { sampleRequest } from './sample-request.ts'

export const baselineTaskQueue = 'bench-baseline'

/** One way to add an account. `runOnce` resolves when all steps are done. */
export interface Contender {
  name: string
  runOnce(): Promise<void>
}

/** Adds accounts through the HTTP API, with requests that wait until the onboarding is closed. */
export function ours(origin: string, apiKey: string): Contender {
  return {
    name: 'our AddAccount',
    async runOnce() {
      const { plan, ...request } = sampleRequest(`${randomUUID()}@bench.example`)
      const response = await fetch(`${origin}/v1/organizations/root/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', prefer: 'wait=60' },
        body: JSON.stringify({ ...request, plan: { kind: plan?.kind, licenses: plan?.licenses } }),
      })
      const body = await response.text()
      if (response.status !== 201) throw new Error(`The API answered ${response.status}: ${body}`)
    },
  }
}

export function bareSixActivities(client: Client, parentId: string): Contender {
  return {
    name: 'bare six activities',
    runOnce: () =>
      client.workflow.execute('bareAddAccount', {
        workflowId: randomUUID(),
        taskQueue: baselineTaskQueue,
        args: [{ runId: randomUUID(), email: `${randomUUID()}@bench.example`, parentId }],
      }),
  }
}

export function emptyWorkflow(client: Client): Contender {
  return {
    name: 'empty workflow',
    runOnce: () =>
      client.workflow.execute('empty', { workflowId: randomUUID(), taskQueue: baselineTaskQueue }),
  }
}
