import { execa } from 'execa'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { type Progress, progressQuery, workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { currentDetailsOf, decisionsOn, workflowOf } from '../runs/run-calls.ts'

// Decisions by signals, from the Temporal Web UI or the temporal command.
const crm = stubborn()

const { engine, api } = await startEngineForFile({ plugins: [crm.plugin] })
engine.mailbox.unknownRecipients.add('nobody@example.com')
beforeEach(() => {
  crm.doing = 'works'
})

/** Starts an onboarding and waits until it is stuck at the message to its user. */
async function stuckAtMail(): Promise<OnboardingView> {
  const user = { fullName: 'Ada', email: `nobody@example.com` }
  await engine.db.deleteFrom('users').where('email', '=', user.email).execute()
  const { body } = await api.addAccount(anAccountBody({ user }))
  return untilTakenUp(body)
}

/** Waits until the workflow knows that its run is stuck. A signal that comes earlier is not taken. */
async function untilTakenUp(stuck: OnboardingView): Promise<OnboardingView> {
  const status = async () => (await workflowOf(engine, stuck.id).query<Progress>(progressQuery)).status
  await expect.poll(status).toBe('needs_attention')
  return stuck
}

/** Counts the failed tasks of a run's workflow. */
async function failedTasks(id: string): Promise<number> {
  const { events } = await workflowOf(engine, id).fetchHistory()
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length
}

/** Runs the `temporal` command as a person types it. */
async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await execa(inject('temporalCliPath'), [
    ...args,
    ...['--address', inject('temporalAddress'), '--namespace', 'default'],
  ])
  return stdout
}

describe('A signal that is not taken', () => {
  test.each<[string, unknown[], string]>([
    ['skip', [], 'A skip must name a step'],
    ['skip', [{}], 'A skip must name a step'],
    ['skip', [null], 'A skip must name a step'],
    ['skip', ['notify-user'], 'A skip must give a reason'],
    ['skip', [{ step: 'create-user', reason: 'why' }], 'Step create-user does not need attention'],
    ['skip', [['notify-user']], 'The payload is not valid'],
    ['retry', [{ stpe: 'notify-user' }], 'The field "stpe" of the payload is not valid'],
    ['retry', [{ step: '' }], 'The field "step" of the payload is not valid'],
    ['retry', [{ step: null }], 'The field "step" of the payload is not valid'],
    ['retry', [{ step: 7 }], 'The field "step" of the payload is not valid'],
    [
      'retry',
      [{ step: 'notify-user', reason: 'a\u0000b' }],
      'The field "reason" of the payload is not valid',
    ],
    ['retry', [{ step: 'notify-user', input: { user: {} } }], 'A correction holds personal data'],
    ['retry', [42], 'The payload is not valid'],
    ['retry', ['make-coffee'], 'Step make-coffee does not need attention'],
    ['cancel', ['notify-user'], 'A cancel ends the whole run'],
    ['cancel', [{ undo: { 'create-user': 'perhaps' } }], 'The field "undo" of the payload is not valid'],
    ['rety', [], 'The signal does not exist. The signals are retry, skip, cancel.'],
  ])(
    'The signal %s with %j fails no task, and the page of the run says why it was not taken',
    async (name, payload, why) => {
      const { id } = (shared ??= await stuckAtMail())
      await workflowOf(engine, id).signal(name, ...payload)
      await expect
        .poll(() => currentDetailsOf(workflowOf(engine, id)))
        .toMatch(new RegExp(`The last signal \`${name}\` was not taken:\\*\\* ${escaped(why)}`))
      expect(await failedTasks(id)).toBe(0)
      expect(await decisionsOn(api, id)).toEqual([])
      expect((await api.until(id, 'needs_attention')).status).toBe('needs_attention')
    },
  )
  let shared: OnboardingView | undefined

  test.each([
    ['json/protobuf', '{"step":"notify-user"}'],
    ['json/plain', '{"step":'],
    ['binary/plain', 'notify-user'],
    ['of/our/own', ''],
  ])('A signal encoded as %s, with %j, fails no task and is not taken', async (encoding, data) => {
    const { id } = (shared ??= await stuckAtMail())
    await workflowOf(engine, id).signal('skip')
    await expect.poll(() => currentDetailsOf(workflowOf(engine, id))).toContain('A skip must name a step')
    const payload = { metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }
    await engine.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: workflowIdOf({ kind: 'add-account', id }) },
      signalName: 'retry',
      input: { payloads: [payload] },
    })
    await expect.poll(() => currentDetailsOf(workflowOf(engine, id))).toContain('The payload is not valid')
    expect(await failedTasks(id)).toBe(0)
    expect(await decisionsOn(api, id)).toEqual([])
  })

  test('The page of the run forgets the refused signal when a later one is taken', async () => {
    const { id } = (shared ??= await stuckAtMail())
    await workflowOf(engine, id).signal('skip')
    await expect.poll(() => currentDetailsOf(workflowOf(engine, id))).toContain('was not taken')
    await workflowOf(engine, id).signal('skip', {
      step: 'notify-user',
      reason: 'Told by phone.',
      actor: null,
    })
    await api.until(id, 'completed')
    expect(await currentDetailsOf(workflowOf(engine, id))).not.toContain('was not taken')
  })
})

describe('A signal that is taken', () => {
  test.each<[string, unknown[]]>([
    ['nothing', []],
    ['an empty object', [{}]],
    ['null', [null]],
    ['the name of the step', ['register-in-crm']],
    ['a step, an actor and a reason', [{ step: stubbornStep, reason: 'mended', actor: 'grace' }]],
  ])('A retry with %s as its payload is taken', async (_, payload) => {
    crm.doing = 'refuses'
    const { id } = await untilTakenUp((await api.addAccount(anAccountBody())).body)
    crm.doing = 'works'
    await workflowOf(engine, id).signal('retry', ...payload)
    await api.until(id, 'completed')
    expect(await decisionsOn(api, id)).toMatchObject([
      { action: 'retry', source: 'signal', outcome: 'taken' },
    ])
  })

  test('A retry that names a step leaves other stuck steps as they are', async () => {
    crm.doing = 'refuses'
    const user = { fullName: 'Ada', email: `nobody@example.com` }
    await engine.db.deleteFrom('users').where('email', '=', user.email).execute()
    const { id } = await untilTakenUp((await api.addAccount(anAccountBody({ user }))).body)
    const waits = async () =>
      (await workflowOf(engine, id).query<Progress>(progressQuery)).steps
        .filter(({ status }) => status === 'needs_attention')
        .map((step) => step.id)
    await expect.poll(waits).toEqual(['notify-user', stubbornStep])
    engine.mailbox.unknownRecipients.delete(user.email)
    crm.doing = 'works'
    await workflowOf(engine, id).signal('retry', stubbornStep)
    await expect.poll(waits).toEqual(['notify-user'])
    engine.mailbox.unknownRecipients.add(user.email)
    await workflowOf(engine, id).signal('skip', { step: 'notify-user', reason: 'Told.' })
    await api.until(id, 'completed')
  })
})

describe('The temporal command', () => {
  test('One batch command retries every run that a query finds', async () => {
    crm.doing = 'refuses'
    const stuck = await Promise.all(
      [1, 2, 3].map(async () => untilTakenUp((await api.addAccount(anAccountBody())).body)),
    )
    const query = `TaskQueue = "${engine.taskQueue}" and ErrorCode = "crm_refused"`
    const count = async () => temporal('workflow', 'count', '--query', query)
    await expect.poll(count).toContain('3')
    crm.doing = 'works'
    const payload = JSON.stringify({ step: stubbornStep, reason: 'The CRM is back.', actor: 'grace' })
    await temporal(
      ...['workflow', 'signal', '--query', query, '--name', 'retry', '--input', payload],
      ...['--reason', 'The CRM is back.', '--yes'],
    )
    for (const { id } of stuck) {
      await api.until(id, 'completed')
      expect(await decisionsOn(api, id)).toMatchObject([
        { action: 'retry', step: stubbornStep, source: 'signal', actor: 'grace', reason: 'The CRM is back.' },
      ])
    }
  })

  test('One command retries a run by the name of its step, and another one skips the step', async () => {
    const { id } = await stuckAtMail()
    const one = ['workflow', 'signal', '--workflow-id', workflowIdOf({ kind: 'add-account', id })]
    await temporal(...one, '--name', 'retry', '--input', '"notify-user"')
    await expect.poll(() => decisionsOn(api, id)).toHaveLength(1)
    await untilTakenUp(await api.until(id, 'needs_attention'))
    await temporal(...one, '--name', 'skip', '--input', '{"step":"notify-user","reason":"Told by phone."}')
    await api.until(id, 'completed')
    expect(await decisionsOn(api, id)).toMatchObject([
      { action: 'skip', actor: null, reason: 'Told by phone.' },
      { action: 'retry', step: 'notify-user', reason: null },
    ])
  })
})

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
