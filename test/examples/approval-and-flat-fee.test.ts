import { approvalAndFlatFee } from 'tenantry-approval-and-flat-fee'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../api/runs/onboarding-schemas.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { workflowIdOf, operations } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { getStuck } from '../builders/stuck-onboarding.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { type Engine, publicUrl, startEngine } from '../stack/tenantry-command.ts'
import { type RecordsService, startRecordsService } from './records-service.ts'
import withExample from './with-example.config.ts'

const token = 'a token of the records service'
const step = 'wait-for-approval'
let service: RecordsService
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  service = await startRecordsService(token)
  const settings = { url: service.url, token, amount: 4_900, currency: 'EUR' }
  engine = await startEngine({ plugins: [approvalAndFlatFee(settings)] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  service.close()
})

/** Asks for an account, which then waits for its approval. */
async function askFor(name: string, overrides: object = {}): Promise<OnboardingView> {
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
  test('waits for it with nothing created, and says what to do', async () => {
    const waiting = await askFor('Waiting')
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

  test('is created once a person approves it through the API, who and why being kept', async () => {
    const waiting = await askFor('Approved')
    expect((await retry(waiting, { step, reason: 'Known to us.' })).status).toBe(202)
    const approved = await api.until(waiting.id, 'completed')
    expect(stepOf(approved)?.output).toEqual({ approvedAt: expect.any(String) })
    expect(await organizationsNamed('Approved')).toBe(1)
    const { body } = await api.send('GET', `/v1/onboardings/${waiting.id}/decisions`)
    expect(body.items).toMatchObject([
      { step, actor: expect.stringMatching(/^key_/), reason: 'Known to us.' },
    ])
  })

  test('is created once a person approves it in the Temporal Web UI', async () => {
    const waiting = await askFor('Signalled')
    // The page there shows it a moment after the API does, and a signal that comes before that is ignored.
    await expect.poll(() => handleOf(waiting).query('progress')).toMatchObject({ status: 'needs_attention' })
    await handleOf(waiting).signal(operations.retry, { step, reason: 'Known to us.' })
    await api.until(waiting.id, 'completed')
    expect(await organizationsNamed('Signalled')).toBe(1)
  })

  test('is never created when a person refuses it', async () => {
    const waiting = await askFor('Refused')
    await api.send('POST', `/v1/onboardings/${waiting.id}/cancel`, { reason: 'Unknown to us.' })
    expect(await api.until(waiting.id, 'cancelled')).toMatchObject({ organizationId: null })
    expect(await organizationsNamed('Refused')).toBe(0)
  })

  test('goes on waiting, and is approved, after its worker was started anew', async () => {
    const waiting = await askFor('Patient')
    await engine.restartWorker()
    expect(await handleOf(waiting).query('progress')).toMatchObject({ status: 'needs_attention' })
    await retry(waiting, { step })
    await api.until(waiting.id, 'completed')
  })

  test('is not approved by another try after a failure that is not about the approval', async () => {
    const waiting = await askFor('Mended')
    await getStuck(engine.db, waiting.id, { step, errorClass: 'retryable' })
    await retry(waiting, { step, reason: 'The worker is there again.' })
    await expect
      .poll(async () => (await api.send('GET', `/v1/onboardings/${waiting.id}`)).body.steps[1].error)
      .toMatchObject({ code: 'approval_required' })
    expect(await organizationsNamed('Mended')).toBe(0)
  })

  test('shows in the dry run', async () => {
    const path = '/v1/organizations/root/accounts?dryRun=true'
    const { body } = await api.send('POST', path, anAccountBody())
    expect(body.steps[1]).toMatchObject({
      id: step,
      preview: { summary: 'Wait until a person approves the new customer.' },
    })
  })
})

describe('the flat fee', () => {
  test('bills the accounts whose request names it, and no others', async () => {
    const plan = { kind: 'trial', billingAdapter: 'flat-fee' }
    const mine = await askFor('Flat', { plan })
    const other = await askFor('Not flat')
    for (const waiting of [mine, other]) await retry(waiting, { step })
    await api.until(mine.id, 'completed')
    await api.until(other.id, 'completed')
    const [customer, subscription, ...none] = [...service.records.keys()]
    expect([customer, subscription]).toEqual([
      `${mine.id}:start-billing:1:customer`,
      `${mine.id}:start-billing:1:subscription`,
    ])
    expect(none).toEqual([])
  })
})

test('one line of the configuration enables it', () => {
  const { plugins } = withExample({
    db: engine.db,
    publicUrl,
    mail: { url: engine.mailbox.url, from: 'Tenantry <no-reply@tenantry.example>' },
    variables: {},
  })
  const registry = createRegistry(plugins)
  const ids = [...registry.steps.keys()]
  expect(ids).toContain(step)
  expect([...registry.billingAdapters.keys()].at(-1)).toBe('flat-fee')
  expect(registry.defaultBillingAdapter).toBe('ledger')
})
