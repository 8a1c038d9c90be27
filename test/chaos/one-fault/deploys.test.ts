import { afterAll, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { projectRoot } from '../../../cli/deployment/environment.ts'
import { makeCurrent } from '../../stack/temporal-command.ts'
import { type Application, createDeployment } from './deployment.ts'

const deployment = await createDeployment({
  configPath: `${projectRoot}/test/chaos/one-fault/releases.config.ts`,
})
afterAll(deployment.stop)

/** The variables of a release with versioned workers. */
const variablesOf = (release: string) => ({
  TEST_RELEASE: release,
  TEMPORAL_DEPLOYMENT_NAME: deployment.taskQueue,
  TEMPORAL_WORKER_BUILD_ID: release,
})

/** Deploys as `docs/deploying.md` describes: workers of both releases run, then the new version becomes current. */
async function deployWorker(
  release: string,
  { from, to }: { from?: Application; to: Application },
): Promise<void> {
  await to.start(variablesOf(release))
  await makeCurrent(deployment.taskQueue, release)
  await from?.kill()
}

/** @returns the version that ran of each step of the plug-in. */
function versionsThatRan({ steps }: OnboardingView): Record<string, unknown> {
  return Object.fromEntries(
    steps.flatMap(({ id, output }) => (output?.ranBy === undefined ? [] : [[id, output.ranBy]])),
  )
}

const stuckAt = async (id: string) =>
  (await deployment.read(id)).steps
    .filter(({ status }) => status === 'needs_attention')
    .map(({ id: step, error }) => `${step}: ${error?.code}`)

test('after a deploy that changes, removes and adds steps, open runs keep the steps of their run plan', async () => {
  const { api, worker, otherWorker, gates, post, decide, read } = deployment
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
  const runPlans = await Promise.all(old.map(runPlanOf))

  await deployWorker('two', { from: worker, to: otherWorker })
  await api.kill()
  await api.start(variablesOf('two'))
  gates.open()
  await decide(stuck, 'retry', {})
  const patience = { timeout: 40_000 }
  await expect.poll(() => stuckAt(changed), patience).toEqual(['register-in-crm: step_missing'])
  await expect.poll(() => stuckAt(removed), patience).toEqual(['audit: step_missing'])
  await expect.poll(() => stuckAt(stuck), patience).toEqual(['register-in-crm: step_missing'])
  const { body: newOnboarding } = await post('after the deploy')
  await deployment.until([newOnboarding.id], 'completed')
  expect(versionsThatRan(await read(newOnboarding.id))).toEqual({
    'register-in-crm': 'version 2',
    announce: 'version 1',
  })

  // Release three is the correct one: it retires the old steps, so open runs can still use them.
  await deployWorker('three', { from: otherWorker, to: worker })
  for (const id of old) expect((await decide(id, 'retry', {})).status).toBe(202)
  await deployment.until(old, 'completed')
  for (const id of old)
    expect(versionsThatRan(await read(id))).toEqual({ 'register-in-crm': 'version 1', audit: 'version 1' })
  expect(await Promise.all(old.map(runPlanOf))).toEqual(runPlans)
  await deployment.expectEachOnce([...names, 'after the deploy'])
})

const runPlanOf = async (id: string) => (await deployment.read(id)).steps.map((step) => step.id)
