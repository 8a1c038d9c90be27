import { afterAll, afterEach, expect, test } from 'vitest'
import type { Configuration } from '../../configuration.ts'
import { ensureSchedules, scheduleId } from '../../temporal/schedules.ts'
import { rounds } from '../../workflows/contract.ts'
import { startEngine } from '../stack/engine.ts'

const engine = await startEngine()
afterAll(() => engine.stop())
const names = Object.keys(rounds) as (keyof typeof rounds)[]
const scheduleOf = (name: keyof typeof rounds) =>
  engine.client.schedule.getHandle(scheduleId(engine.taskQueue, name))

const configuration: Configuration = {
  taskQueue: engine.taskQueue,
  attentionDays: 30,
  trialDays: 30,
  trialReminderDays: 7,
  worker: {},
  plugins: [],
}
afterEach(() => Promise.all(names.map((name) => scheduleOf(name).delete())))

test('Each round has a schedule that runs it on the workers of the deployment', async () => {
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

test('Ensuring the schedules again updates them and leaves a paused one paused', async () => {
  await ensureSchedules(engine.client, configuration)
  await scheduleOf('trials').pause('Not this week.')
  await ensureSchedules(engine.client, { ...configuration, trialReminderDays: 3 })
  const { action, state } = await scheduleOf('trials').describe()
  expect(state).toMatchObject({ paused: true, note: 'Not this week.' })
  expect(action).toMatchObject({ args: [{ reminderDays: 3 }] })
})
