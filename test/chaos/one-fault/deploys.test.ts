import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { projectRoot } from '../../../cli/deployment/environment.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'
import { makeCurrent } from '../../stack/temporal-command.ts'
import { type Application, createDeployment, type Deployment } from './deployment.ts'
import { addedOnce } from './effects.ts'

let database: TestDatabase
let deployment: Deployment
beforeAll(async () => {
  database = await freshDatabase()
  deployment = await createDeployment({
    db: database.db,
    databaseUrl: database.url,
    configPath: `${projectRoot}/test/chaos/one-fault/releases.config.ts`,
  })
})
afterAll(async () => {
  await deployment.stop()
  await database.drop()
})

/** The variables of a release whose workers are versioned. */
const variablesOf = (release: string) => ({
  TEST_RELEASE: release,
  TEMPORAL_DEPLOYMENT_NAME: deployment.taskQueue,
  TEMPORAL_WORKER_BUILD_ID: release,
})

/** As `docs/deploying.md` says: workers of both releases at once, then the new ones get what there is to do. */
async function deployWorker(
  release: string,
  { from, to }: { from?: Application; to: Application },
): Promise<void> {
  await to.start(variablesOf(release))
  await makeCurrent(deployment.taskQueue, release)
  await from?.kill()
}

/** Which version of which step of the plug-in ran. */
function ranBy({ steps }: OnboardingView): Record<string, unknown> {
  return Object.fromEntries(
    steps.flatMap(({ id, output }) => (output?.ranBy === undefined ? [] : [[id, output.ranBy]])),
  )
}

const stuckAt = async (id: string) =>
  (await deployment.read(id)).steps
    .filter(({ status }) => status === 'needs_attention')
    .map(({ id: step, error }) => `${step}: ${error?.code}`)

test('a deploy that changes, removes and adds steps leaves to those under way the steps they were accepted with', async () => {
  const { api, worker, otherWorker, gates, post, operate, read } = deployment
  await api.start(variablesOf('one'))
  const names = ['held at register-in-crm', 'held at audit', 'stuck at register-in-crm']
  const [changed = '', removed = '', stuck = ''] = await Promise.all(
    names.map(async (name) => (await post(name)).body.id),
  )
  const old = [changed, removed, stuck]
  gates.hold(changed, 'before register-in-crm')
  gates.hold(removed, 'before audit')
  await deployWorker('one', { to: worker })
  await expect.poll(() => gates.held().sort(), { timeout: 30_000 }).toEqual([changed, removed].sort())
  await deployment.until([stuck], 'needs_attention')
  const plans = await Promise.all(old.map(planOf))

  await deployWorker('two', { from: worker, to: otherWorker })
  await api.kill()
  await api.start(variablesOf('two'))
  gates.open()
  await operate(stuck, 'retry', {})
  const patience = { timeout: 40_000 }
  await expect.poll(() => stuckAt(changed), patience).toEqual(['register-in-crm: step_missing'])
  await expect.poll(() => stuckAt(removed), patience).toEqual(['audit: step_missing'])
  await expect.poll(() => stuckAt(stuck), patience).toEqual(['register-in-crm: step_missing'])
  const { body: since } = await post('since the deploy')
  await deployment.until([since.id], 'completed')
  expect(ranBy(await read(since.id))).toEqual({ 'register-in-crm': 'version 2', announce: 'version 1' })

  // The release that should have been deployed: it still has what is under way.
  await deployWorker('three', { from: otherWorker, to: worker })
  for (const id of old) expect((await operate(id, 'retry', {})).status).toBe(202)
  await deployment.until(old, 'completed')
  for (const id of old)
    expect(ranBy(await read(id))).toEqual({ 'register-in-crm': 'version 1', audit: 'version 1' })
  expect(await Promise.all(old.map(planOf))).toEqual(plans)
  for (const name of [...names, 'since the deploy'])
    expect({ name, ...(await deployment.effects(name)) }).toEqual({ name, ...addedOnce, mails: 1 })
})

const planOf = async (id: string) => (await deployment.read(id)).steps.map((step) => step.id)
