import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { checkWorkerVersion } from '../../cli/doctor/worker-version.ts'
import { readEnvironment } from '../../cli/deployment/environment.ts'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'
import { workflowIdOf } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { makeCurrent, temporalCommand } from '../stack/temporal-command.ts'
import { type Engine, startEngine } from '../stack/tenantry-command.ts'
import { readStory } from '../workflows/story.ts'

const deploymentName = `tenantry-${randomUUID()}`
const nextBuild = fileURLToPath(new URL('../workflows/next-build/registered.ts', import.meta.url))

/** It waits for a person once. */
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

let engine: Engine
let api: EngineApi
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-builds-'))
  engine = await startEngine({
    plugins: [definePlugin({ name: 'approval', steps: [approval] })],
    build: { version: { deploymentName, buildId: 'one' } },
  })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What the doctor says of the deployment. */
const examine = () =>
  checkWorkerVersion(
    readEnvironment({
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_DEPLOYMENT_NAME: deploymentName,
      TEMPORAL_WORKER_BUILD_ID: 'one',
    }).temporal,
  )

/** Keeps a run on a build, as an operator does who does not trust the next one. */
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
  expect((await api.send('POST', `/v1/onboardings/${id}/retry`, {})).status).toBe(202)
  await api.until(id, 'completed')
}

/** Which changes of the next build a run went through, and how it ended. */
async function storyOf(id: string) {
  const handle = engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))
  await handle.result()
  const { patches, ending } = readStory(JSON.parse(historyToJSON(await handle.fetchHistory())))
  return { patches, ending }
}

test('runs that wait go on with the next build once it is current, and one that is pinned with its own', async () => {
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
  const beforeIt = await accept()
  await pin(pinned, 'one')
  await makeCurrent(deploymentName, 'two')
  const since = await accept()

  // Both builds poll all the time.
  for (const id of [waiting, pinned, beforeIt, since]) await approve(id)
  const ending = 'completed'
  expect(await storyOf(waiting)).toEqual({ patches: ['pause-after'], ending })
  expect(await storyOf(beforeIt)).toEqual({ patches: ['pause-after'], ending })
  expect(await storyOf(pinned)).toEqual({ patches: [], ending })
  expect(await storyOf(since)).toEqual({ patches: ['pause-before', 'pause-after'], ending })
})
