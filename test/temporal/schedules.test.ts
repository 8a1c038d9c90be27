import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ensureSchedules, scheduleId } from '../../temporal/schedules.ts'
import type { Configuration } from '../../configuration.ts'
import { rounds } from '../../workflows/contract.ts'
import { type Engine, startEngine } from '../stack/tenantry-command.ts'

let engine: Engine
let configuration: Configuration
const names = Object.keys(rounds) as (keyof typeof rounds)[]
const scheduleOf = (name: keyof typeof rounds) =>
  engine.client.schedule.getHandle(scheduleId(engine.taskQueue, name))

beforeAll(async () => {
  engine = await startEngine()
  const { taskQueue } = engine
  configuration = {
    taskQueue,
    attentionDays: 30,
    trialDays: 30,
    trialReminderDays: 7,
    worker: {},
    plugins: [],
  }
})
afterEach(() => Promise.all(names.map((name) => scheduleOf(name).delete())))
afterAll(() => engine.stop())

test('each round has a schedule, which runs it on our workers', async () => {
  await ensureSchedules(engine.client, configuration)
  for (const name of names) {
    const handle = scheduleOf(name)
    await handle.trigger()
    const ended = async () => (await handle.describe()).info.recentActions.length
    await expect.poll(ended).toBe(1)
    const [action] = (await handle.describe()).info.recentActions
    const workflowId = action?.action.workflow.workflowId ?? ''
    const nothing = name === 'reconciliation' ? { open: {}, notCompared: [] } : { started: 0 }
    expect(await engine.client.workflow.getHandle(workflowId).result()).toEqual(nothing)
  }
})

test('making them again brings them up to date, and leaves a paused one paused', async () => {
  await ensureSchedules(engine.client, configuration)
  await scheduleOf('trials').pause('Not this week.')
  await ensureSchedules(engine.client, { ...configuration, trialReminderDays: 3 })
  const { action, state } = await scheduleOf('trials').describe()
  expect(state).toMatchObject({ paused: true, note: 'Not this week.' })
  expect(action).toMatchObject({ args: [{ reminderDays: 3 }] })
})
