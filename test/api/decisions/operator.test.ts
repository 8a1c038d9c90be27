import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// What somebody who has only the Temporal Web UI, or the temporal command, can see and do.
let engine: Engine
let api: EngineApi
let stuck: OnboardingView

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
  engine.mailbox.unknownRecipients.add('nobody@example.com')
  stuck = (
    await api.addAccount(
      anAccountBody({
        company: { name: 'Stuck & Sons', state: 'TX' },
        user: { fullName: 'Ada', email: 'nobody@example.com' },
      }),
    )
  ).body
  expect(stuck.status).toBe('needs_attention')
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const handleOf = ({ id }: OnboardingView) =>
  engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))

/** The ids of the workflows that a query in the Web UI's list finds. */
async function found(query: string): Promise<string[]> {
  const ids = []
  for await (const { workflowId } of engine.client.workflow.list({
    query: `TaskQueue = "${engine.taskQueue}" and ${query}`,
  })) {
    ids.push(workflowId)
  }
  return ids
}

/** The text that the Web UI shows on top of a run's page. */
async function currentDetails(onboarding: OnboardingView): Promise<string> {
  const metadata = await handleOf(onboarding).query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  )
  return metadata.currentDetails
}

describe('an operator', () => {
  test('finds a run that is stuck by its status, its partner and its error', async () => {
    const mine = [workflowIdOf({ kind: 'add-account', id: stuck.id })]
    for (const query of [
      'RunStatus = "needs_attention"',
      'ErrorCode = "recipient_refused"',
      'RunStep = "notify-user"',
      `PartnerId = "${stuck.parentId}"`,
      'BillingAdapter = "ledger"',
    ]) {
      await expect.poll(() => found(query)).toEqual(mine)
    }
    expect(await found('ErrorCode = "another"')).toEqual([])
  })

  test('reads what is being added, where it is stuck, why, and which button to press', async () => {
    const description = await handleOf(stuck).describe()
    expect(await description.staticSummary()).toBe(
      'Add customer “Stuck \\& Sons” under Platform: 5-license trial, with a user',
    )
    expect(await description.staticDetails()).toContain('`create-organization`')
    const details = await currentDetails(stuck)
    expect(details).toContain('Needs attention')
    expect(details).toContain('Stuck at “Invite the user”** (`recipient_refused`)')
    expect(details).toContain('The mail server refused the address of the recipient')
    expect(details).toContain('signal `skip` with `{"step":"notify-user","reason":"why"}`')
    expect(details).toContain('✔ done: Provision licenses')
    expect(details).not.toContain('nobody@example.com')
    const { events } = await handleOf(stuck).fetchHistory()
    const timer = events?.find((event) => event.timerStartedEventAttributes)
    expect(text(timer?.userMetadata?.summary?.data)).toContain('Wait for a person to decide on notify-user')
  })

  test('goes on with a signal that a person can type', async () => {
    await handleOf(stuck).signal('skip', { step: 'notify-user', reason: 'Told by phone.' })
    expect((await api.until(stuck.id, 'completed')).steps.at(-1)?.status).toBe('skipped')
    await expect.poll(() => found('RunStatus = "completed"')).toHaveLength(1)
    expect(await found('ErrorCode is not null')).toEqual([])
    expect(await activities(stuck)).toEqual(['record-skip: Go on without notify-user'])
  })

  test('sees a step that is tried again as an activity of its own name', async () => {
    await engine.mailbox.goDown()
    const user = { fullName: 'Ada', email: 'later@example.com' }
    const { body } = await api.addAccount(anAccountBody({ user }), { prefer: 'wait=0' })
    await expect.poll(() => activities(body)).toEqual(['notify-user: Invite the user'])
    const { raw } = await handleOf(body).describe()
    expect(raw.pendingActivities?.[0]?.activityType?.name).toBe('notify-user')
    await engine.mailbox.comeBack()
    await api.until(body.id, 'completed')
  })
})

/** The activities of a run, each with the words that the Web UI shows beside it. */
async function activities(onboarding: OnboardingView): Promise<string[]> {
  const { events } = await handleOf(onboarding).fetchHistory()
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled, userMetadata }) =>
    scheduled ? [`${scheduled.activityType?.name}: ${JSON.parse(text(userMetadata?.summary?.data))}`] : [],
  )
}

function text(data: Uint8Array | null | undefined): string {
  return data ? Buffer.from(data).toString() : ''
}
