import { describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { currentDetailsOf, workflowOf } from '../runs/run-calls.ts'

// Operators who have only the Temporal Web UI or the temporal command.

const { engine, api } = await startEngineForFile()
engine.mailbox.unknownRecipients.add('nobody@example.com')
const stuck = (
  await api.addAccount(
    anAccountBody({
      name: 'Stuck & Sons',
      email: 'nobody@example.com',
    }),
  )
).body
expect(stuck.status).toBe('needs_attention')

/** Reads the ids of the workflows that a list query of the Web UI finds. */
async function found(query: string): Promise<string[]> {
  const ids = []
  for await (const { workflowId } of engine.client.workflow.list({
    query: `TaskQueue = "${engine.taskQueue}" and ${query}`,
  })) {
    ids.push(workflowId)
  }
  return ids
}

describe('An operator in the Temporal Web UI', () => {
  test('An operator finds a stuck run by its status, step, error, partner and billing adapter', async () => {
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

  test('The page of a run says which account it adds, where it is stuck, why, and which signal to send', async () => {
    const description = await workflowOf(engine, stuck.id).describe()
    expect(await description.staticSummary()).toBe(
      'Add customer “Stuck \\& Sons” under Platform: 5-license trial, with a user',
    )
    expect(await description.staticDetails()).toContain('`create-organization`')
    const details = await currentDetailsOf(workflowOf(engine, stuck.id))
    expect(details).toContain('Needs attention')
    expect(details).toContain('Stuck at “Invite the user”** (`recipient_refused`)')
    expect(details).toContain('The mail server refused the address of the recipient')
    expect(details).toContain('signal `skip` with `{"step":"notify-user","reason":"why"}`')
    expect(details).toContain('✔ done: Provision licenses')
    expect(details).not.toContain('nobody@example.com')
    const { events } = await workflowOf(engine, stuck.id).fetchHistory()
    const timer = events?.find((event) => event.timerStartedEventAttributes)
    expect(text(timer?.userMetadata?.summary?.data)).toContain('Wait for a person to decide on notify-user')
  })

  test('A signal that a person can type skips the stuck step', async () => {
    await workflowOf(engine, stuck.id).signal('skip', { step: 'notify-user', reason: 'Told by phone.' })
    expect((await api.until(stuck.id, 'completed')).steps.at(-1)?.status).toBe('skipped')
    await expect.poll(() => found('RunStatus = "completed"')).toHaveLength(1)
    expect(await found('ErrorCode is not null')).toEqual([])
    expect(await activities(stuck)).toEqual(['record-skip: Record the decision to skip notify-user'])
  })

  test('A step that is retried is shown as an activity with the name of the step', async () => {
    await engine.mailbox.goDown()
    const user = { fullName: 'Ada', email: 'later@example.com' }
    const { body } = await api.addAccount(anAccountBody({ user }), { prefer: 'wait=0' })
    await expect.poll(() => activities(body)).toEqual(['notify-user: Invite the user'])
    const { raw } = await workflowOf(engine, body.id).describe()
    expect(raw.pendingActivities?.[0]?.activityType?.name).toBe('notify-user')
    await engine.mailbox.comeBack()
    await api.until(body.id, 'completed')
  })
})

/** Reads the activities of a run, each with the summary that the Web UI shows beside it. */
async function activities(onboarding: OnboardingView): Promise<string[]> {
  const { events } = await workflowOf(engine, onboarding.id).fetchHistory()
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled, userMetadata }) =>
    scheduled ? [`${scheduled.activityType?.name}: ${JSON.parse(text(userMetadata?.summary?.data))}`] : [],
  )
}

function text(data: Uint8Array | null | undefined): string {
  return data ? Buffer.from(data).toString() : ''
}
