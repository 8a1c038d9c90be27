import { expect, test } from 'vitest'
import { z } from 'zod'
import { startBilling } from '../../plugins/accounts/exported-steps.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'
import { workflowIdOf } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { takeBackup } from '../stack/backup.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

let archiveRefuses = false
/** Is stuck while `archiveRefuses` is true. */
const archive = defineStep({
  id: 'archive-account',
  version: 1,
  title: 'Archive the account',
  needs: [startBilling],
  placement: 'external',
  input: z.object({}),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({ summary: 'Archive the account.' }),
  async execute() {
    if (!archiveRefuses) return { output: {} }
    throw new StepError({
      class: 'needs_input',
      code: 'archive_full',
      message: 'The archive is full.',
      nextAction: 'Make room, then retry.',
    })
  },
})

// Our database is restored from a backup. Temporal and the billing provider keep their state.
const {
  api,
  engine,
  provider,
  addAccount,
  runOperation,
  kinds,
  find,
  reconcile,
  remediate,
  subscriptionOf,
  untilWorkflowClosed,
} = await startReconciledDeployment(definePlugin({ name: 'archive', steps: [archive] }))

const plan = { kind: 'purchased', billingAdapter: 'memory' }

/** Adds an account while the provider is down, so that `start-billing` is stuck. @returns the id of the onboarding. */
async function aStuckOnboarding(name: string): Promise<string> {
  provider.isDown = true
  const request = anAccountBody({ company: { name, state: 'TX' }, plan })
  const { body } = await api.send('POST', '/v1/organizations/root/accounts', request)
  await api.until(body.id, 'needs_attention')
  provider.isDown = false
  return body.id
}

async function retry(runId: string): Promise<void> {
  await api.send('POST', `/v1/onboardings/${runId}/retry`, {})
  await untilWorkflowClosed(await api.until(runId, 'completed'))
}

/** Retries an onboarding that is stuck in `start-billing`, so that it is stuck in `archive-account` next. */
async function moveToArchive(runId: string): Promise<void> {
  archiveRefuses = true
  await api.send('POST', `/v1/onboardings/${runId}/retry`, {})
  const stuckAt = async () => {
    const { steps } = (await api.send('GET', `/v1/onboardings/${runId}`)).body
    return steps.find(({ status }: { status: string }) => status === 'needs_attention')?.id
  }
  await expect.poll(stuckAt).toBe('archive-account')
  archiveRefuses = false
}

test('after a restore from a backup, reconciliation finds every difference and remediates it', async () => {
  const moved = await addAccount()
  const before = await subscriptionOf(moved)
  const resumed = await aStuckOnboarding('Resumed Ltd')
  const advanced = await aStuckOnboarding('Advanced Ltd')
  const { restore } = await takeBackup(engine.db)

  await runOperation(moved, 'suspend')
  await runOperation(moved, 'restore')
  const after = await subscriptionOf(moved)
  await retry(resumed)
  const resumedAccount = (await api.send('GET', `/v1/onboardings/${resumed}`)).body.organizationId
  const resumedSubscription = await subscriptionOf(resumedAccount)
  await moveToArchive(advanced)
  const lost = await addAccount()
  const lostSubscription = String(await subscriptionOf(lost))
  const abandoned = await aStuckOnboarding('Abandoned Ltd')
  expect(await kinds()).toEqual([])

  await restore()
  expect(await kinds()).toEqual([
    'run_out_of_step',
    'run_without_workflow',
    'subscription_ended_at_provider',
    'subscription_unknown_here',
    'subscription_unknown_here',
    'workflow_without_run',
  ])

  // The run needs attention again at the step that the step journal says. The retry opens no second subscription.
  const run = await find('run_without_workflow', resumed)
  expect(await remediate('delete', run)).toMatchObject({ code: 1 })
  expect(await remediate('import', run)).toMatchObject({ code: 0 })
  await retry(resumed)
  expect(await subscriptionOf(resumedAccount)).toBe(resumedSubscription)

  // The workflow is stuck at another step than the step journal says, so a retry of the step in the journal is refused. The
  // import starts the workflow again from the journal.
  const retried = await api.send('POST', `/v1/onboardings/${advanced}/retry`, { step: 'start-billing' })
  expect(retried.status).toBe(409)
  const subscriptions = provider.subscriptions.size
  expect(await remediate('import', await find('run_out_of_step', advanced))).toMatchObject({ code: 0 })
  await retry(advanced)
  expect(provider.subscriptions.size).toBe(subscriptions)

  // The account gets the subscription that the provider bills, because its restored one has ended there.
  const opened = provider.subscriptions.size
  const unknown = await find('subscription_unknown_here', `memory/${after}`)
  expect(await remediate('import', unknown)).toMatchObject({ code: 0 })
  expect(after).not.toBe(before)
  expect(await subscriptionOf(moved)).toBe(after)
  expect((await api.send('GET', `/v1/organizations/${moved}/activity`)).body.items[0]).toMatchObject({
    actor: 'olga',
    data: { fields: { subscription: { from: before, to: after } } },
  })
  expect(await kinds()).toEqual(['subscription_unknown_here', 'workflow_without_run'])

  // The account of this subscription no longer exists, and the subscription is not imported into another account.
  const orphan = await find('subscription_unknown_here', `memory/${lostSubscription}`)
  const refused = await remediate('import', orphan)
  expect([refused.code, refused.output]).toEqual([
    1,
    expect.stringContaining('No organization here has the id'),
  ])
  expect(await remediate('delete', orphan)).toMatchObject({ code: 0 })
  expect(provider.subscriptions.get(lostSubscription)?.status).toBe('cancelled')
  expect(provider.subscriptions.size).toBe(opened)

  const workflow = await find('workflow_without_run', abandoned)
  expect(await remediate('delete', workflow)).toMatchObject({ code: 0 })
  const handle = engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id: abandoned }))
  expect((await handle.describe()).status.name).toBe('TERMINATED')

  expect(await reconcile()).toMatchObject({ code: 0, findings: [] })
})
