import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { checkWorkerVersion } from '../../cli/doctor/worker-version.ts'
import { readEnvironment } from '../../cli/deployment/environment.ts'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'
import { workflowIdOf } from '../../workflows/contract.ts'
import { workflowOf } from '../api/runs/run-calls.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { makeCurrent, temporalCommand } from '../stack/temporal-command.ts'
import { summarizeHistory } from '../workflows/history-summary.ts'

const deploymentName = `tenantry-${randomUUID()}`
const nextBuild = fileURLToPath(new URL('../workflows/next-build/registered.ts', import.meta.url))

/** A step that needs attention until its first retry. */
const approval = defineStep({
  id: 'wait-for-approval',
  version: 1,
  title: 'Wait for an approval',
  needs: [createOrganization],
  placement: 'external',
  input: z.object({}),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({ summary: 'Wait.' }),
  async execute({ retries }) {
    if (retries > 0) return { output: {} }
    throw new StepError({ class: 'needs_input', code: 'wait', message: 'Wait.', nextAction: 'Retry.' })
  },
})

const folder = await mkdtemp(join(tmpdir(), 'tenantry-builds-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const { engine, api } = await startEngineForFile({
  plugins: [definePlugin({ name: 'approval', steps: [approval] })],
  build: { version: { deploymentName, buildId: 'one' } },
})

/** Runs the check of the doctor for the worker deployment. */
const examine = () =>
  checkWorkerVersion(
    readEnvironment({
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_DEPLOYMENT_NAME: deploymentName,
      TEMPORAL_WORKER_BUILD_ID: 'one',
    }).temporal,
  )

/** Pins a run to a build, as an operator does who does not trust the next build. */
const pin = (id: string, buildId: string) =>
  temporalCommand([
    ...['workflow', 'update-options', '--workflow-id', workflowIdOf({ kind: 'add-account', id })],
    ...['--versioning-override-behavior', 'pinned', '--versioning-override-build-id', buildId],
    ...['--versioning-override-deployment-name', deploymentName],
  ])

async function accept(): Promise<string> {
  const { body } = await api.addAccount(anAccountBody(), { prefer: 'wait=0' })
  await api.until(body.id, 'needs_attention')
  return body.id
}

async function approve(id: string): Promise<void> {
  expect((await api.post(`/v1/onboardings/${id}/retry`)).status).toBe(202)
  await api.until(id, 'completed')
}

/** Reads which changes of the next build a run executed, and its result. */
async function storyOf(id: string) {
  const handle = workflowOf(engine, id)
  await handle.result()
  const { patches, ending } = summarizeHistory(JSON.parse(historyToJSON(await handle.fetchHistory())))
  return { patches, ending }
}

test('Open runs go on with the next build once it is current, and a pinned run goes on with its own build', async () => {
  expect((await examine())[0]?.faults).toMatchObject([
    { nextAction: expect.stringContaining('--build-id one') },
  ])
  await makeCurrent(deploymentName, 'one')
  expect(await examine()).toEqual([{ title: `Worker deployment (${deploymentName}, build one)`, faults: [] }])
  const [waiting, pinned] = [await accept(), await accept()]

  const { code } = await bundleWorkflowCode({ workflowsPath: nextBuild, logger: new DefaultLogger('WARN') })
  const bundlePath = join(folder, 'next-build.js')
  await writeFile(bundlePath, code)
  await engine.alsoStartWorker({ version: { deploymentName, buildId: 'two' }, bundlePath })
  const acceptedBefore = await accept()
  await pin(pinned, 'one')
  await makeCurrent(deploymentName, 'two')
  const acceptedAfter = await accept()

  // Both builds still poll the task queue.
  for (const id of [waiting, pinned, acceptedBefore, acceptedAfter]) await approve(id)
  const ending = 'completed'
  expect(await storyOf(waiting)).toEqual({ patches: ['pause-after'], ending })
  expect(await storyOf(acceptedBefore)).toEqual({ patches: ['pause-after'], ending })
  expect(await storyOf(pinned)).toEqual({ patches: [], ending })
  expect(await storyOf(acceptedAfter)).toEqual({ patches: ['pause-before', 'pause-after'], ending })
})
