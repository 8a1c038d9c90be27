import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import { afterAll, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../api/runs/onboarding-schemas.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { workflowIdOf, decisionNames } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { makeStuck } from '../builders/stuck-run.ts'
import { publicUrl } from '../stack/engine.ts'
import { startRecordsService } from './records-service.ts'
import withExample from './with-example.config.ts'

const token = 'a token of the records service'
const step = 'wait-for-approval'
const service = await startRecordsService(token)
afterAll(() => service.close())
const { engine, api } = await startEngineForFile({
  plugins: [approvalAndFlatFee({ url: service.url, token, amount: 4_900, currency: 'EUR' })],
})

/** Adds an account, whose run then waits for its approval. */
async function addAccount(name: string, overrides: object = {}): Promise<OnboardingView> {
  const { body } = await api.addAccount(anAccountBody({ company: { name, state: 'TX' }, ...overrides }))
  return body
}

const handleOf = ({ id }: OnboardingView) =>
  engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))
const retry = ({ id }: OnboardingView, body: object) => api.send('POST', `/v1/onboardings/${id}/retry`, body)
const stepOf = (onboarding: OnboardingView) => onboarding.steps.find(({ id }) => id === step)

async function organizationsNamed(name: string): Promise<number> {
  const rows = await engine.db.selectFrom('organizations').select('id').where('name', '=', name).execute()
  return rows.length
}

describe('an account that needs an approval', () => {
  test('is not created before, and its run says what to do', async () => {
    const waiting = await addAccount('Waiting')
    expect(waiting).toMatchObject({ status: 'needs_attention', organizationId: null })
    expect(stepOf(waiting)).toMatchObject({
      status: 'needs_attention',
      error: {
        code: 'approval_required',
        class: 'needs_input',
        message: 'A person has to approve the account before it is created.',
        nextAction: 'To approve it, retry this step and give a reason. To refuse it, cancel the onboarding.',
      },
    })
    expect(await organizationsNamed('Waiting')).toBe(0)
    const { currentDetails } = await handleOf(waiting).query<{ currentDetails: string }>(
      '__temporal_workflow_metadata',
    )
    expect(currentDetails).toContain('Stuck at “Wait for approval”** (`approval_required`)')
    expect(currentDetails).toContain('**What to do:** To approve it, retry this step')
    expect(currentDetails).toContain(`signal \`retry\` with \`{"step":"${step}","reason":"why"}\``)
  })

  test('is created when a person approves it through the API, which records the actor and the reason', async () => {
    const waiting = await addAccount('Approved')
    expect((await retry(waiting, { step, reason: 'Known to us.' })).status).toBe(202)
    const approved = await api.until(waiting.id, 'completed')
    expect(stepOf(approved)?.output).toEqual({ approvedAt: expect.any(String) })
    expect(await organizationsNamed('Approved')).toBe(1)
    const { body } = await api.send('GET', `/v1/onboardings/${waiting.id}/decisions`)
    expect(body.items).toMatchObject([
      { step, actor: expect.stringMatching(/^key_/), reason: 'Known to us.' },
    ])
  })

  test('is created when a person approves it in the Temporal Web UI', async () => {
    const waiting = await addAccount('Signalled')
    // The workflow gets stuck a moment after the API shows it, and ignores a signal that arrives before.
    await expect.poll(() => handleOf(waiting).query('progress')).toMatchObject({ status: 'needs_attention' })
    await handleOf(waiting).signal(decisionNames.retry, { step, reason: 'Known to us.' })
    await api.until(waiting.id, 'completed')
    expect(await organizationsNamed('Signalled')).toBe(1)
  })

  test('is never created when a person refuses it', async () => {
    const waiting = await addAccount('Refused')
    await api.send('POST', `/v1/onboardings/${waiting.id}/cancel`, { reason: 'Unknown to us.' })
    expect(await api.until(waiting.id, 'cancelled')).toMatchObject({ organizationId: null })
    expect(await organizationsNamed('Refused')).toBe(0)
  })

  test('still waits, and can be approved, after a restart of its worker', async () => {
    const waiting = await addAccount('Patient')
    await engine.restartWorker()
    expect(await handleOf(waiting).query('progress')).toMatchObject({ status: 'needs_attention' })
    await retry(waiting, { step })
    await api.until(waiting.id, 'completed')
  })

  test('is not approved by a retry after another error than the missing approval', async () => {
    const waiting = await addAccount('Mended')
    await makeStuck(engine.db, waiting.id, { step, errorClass: 'retryable' })
    await retry(waiting, { step, reason: 'The worker is there again.' })
    await expect
      .poll(async () => (await api.send('GET', `/v1/onboardings/${waiting.id}`)).body.steps[1].error)
      .toMatchObject({ code: 'approval_required' })
    expect(await organizationsNamed('Mended')).toBe(0)
  })

  test('shows the approval in its dry run', async () => {
    const path = '/v1/organizations/root/accounts?dryRun=true'
    const { body } = await api.send('POST', path, anAccountBody())
    expect(body.steps[1]).toMatchObject({
      id: step,
      preview: { summary: 'Wait until a person approves the new customer.' },
    })
  })
})

describe('the billing adapter flat-fee', () => {
  test('bills only the accounts whose request names it', async () => {
    const plan = { kind: 'trial', billingAdapter: 'flat-fee' }
    const billed = await addAccount('Flat', { plan })
    const other = await addAccount('Not flat')
    for (const waiting of [billed, other]) await retry(waiting, { step })
    await api.until(billed.id, 'completed')
    await api.until(other.id, 'completed')
    expect([...service.records.keys()]).toEqual([
      `${billed.id}:start-billing:1:customer`,
      `${billed.id}:start-billing:1:subscription`,
    ])
  })
})

test('one line of the configuration enables the example', () => {
  const { plugins } = withExample({
    db: engine.db,
    publicUrl,
    mail: { url: engine.mailbox.url, from: 'Tenantry <no-reply@tenantry.example>' },
    variables: {},
  })
  const registry = createRegistry(plugins)
  expect([...registry.steps.keys()]).toContain(step)
  expect([...registry.billingAdapters.keys()].at(-1)).toBe('flat-fee')
  expect(registry.defaultBillingAdapter).toBe('ledger')
})
