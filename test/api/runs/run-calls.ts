import type { WorkflowHandle } from '@temporalio/client'
import { expect } from 'vitest'
import { workflowIdOf } from '../../../workflows/contract.ts'
import type { EngineApi } from '../../stack/api.ts'
import type { Engine } from '../../stack/engine.ts'

/** Finds the workflow of a run. The default kind is an onboarding. */
export const workflowOf = (
  { client }: Pick<Engine, 'client'>,
  id: string,
  kind: Parameters<typeof workflowIdOf>[0]['kind'] = 'add-account',
) => client.workflow.getHandle(workflowIdOf({ kind, id }))

/** Reads the text at the top of a run's page in the Temporal Web UI. */
export async function currentDetailsOf(workflow: WorkflowHandle): Promise<string> {
  const metadata = await workflow.query<{ currentDetails: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails
}

/** Reads the history of a workflow as text, once with encoded and once with decoded payloads. */
export async function historyTextOf(workflow: WorkflowHandle): Promise<string> {
  const history = JSON.stringify(await workflow.fetchHistory())
  const payloads = [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString(),
  )
  return history + payloads.join()
}

/** Reads the audit trail of an onboarding, newest decision first. */
export const decisionsOn = async (api: EngineApi, id: string) =>
  (await api.get(`/v1/onboardings/${id}/decisions`)).body.items

/** Waits until an operation has this status. */
export const untilOperation = (api: EngineApi, id: string, status: string) =>
  expect.poll(async () => (await api.get(`/v1/operations/${id}`)).body.status).toBe(status)
