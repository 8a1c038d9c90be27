import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type BillingRoundPosition, rounds, type RunToStart, workflowIdOf } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { timeSkippingServer } from './harness.ts'
import { recordHistory } from './record-history.ts'
import { scriptedSteps } from './scripted-steps.ts'

let environment: TestWorkflowEnvironment
beforeAll(async () => {
  environment = await timeSkippingServer()
})
afterAll(() => environment.teardown())

const plan = [plannedStep('report-usage', { placement: 'transactional' })]

function runToStart(kind: RunToStart['kind'] = 'bill-account'): RunToStart {
  const id = `opr_${randomUUID()}`
  return { id, kind, plan, summary: 'Bill', details: '', partnerId: 'org_1', billingAdapter: null }
}

/** Runs a round with these activities, and waits for its end and that of the runs it started. */
async function round(
  name: keyof typeof rounds,
  activity: (call: { at?: BillingRoundPosition }) => Promise<unknown>,
  runs: readonly RunToStart[],
  input: Record<string, unknown> = {},
) {
  const taskQueue = randomUUID()
  const steps = scriptedSteps(plan)
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: inject('bundlePath') },
    activities: { ...steps.activities, [rounds[name].activity]: activity },
  })
  return worker.runUntil(async () => {
    const { workflow } = environment.client
    const handle = await workflow.start(rounds[name].workflowType, {
      workflowId: randomUUID(),
      taskQueue,
      args: [input],
    })
    const result: unknown = await handle.result()
    for (const run of runs) await workflow.getHandle(workflowIdOf(run)).result()
    await recordHistory(handle)
    const { runId } = await handle.describe()
    if (runId !== handle.firstExecutionRunId)
      await recordHistory(workflow.getHandle(handle.workflowId, handle.firstExecutionRunId), 'its first run')
    return { result, calls: steps.calls }
  })
}

describe('a round of billing', () => {
  test('starts what is due, page by page, and goes on in a new run before its history grows long', async () => {
    const runs = Array.from({ length: 25 }, () => runToStart())
    const seen: (BillingRoundPosition | undefined)[] = []
    const { result, calls } = await round(
      'billing',
      async ({ at }) => {
        const page = seen.push(at) - 1
        const position = {
          month: '2026-10',
          after: { organizationId: `${page}`, subscriptionExternalId: 's' },
        }
        return { runs: runs.slice(page, page + 1), next: page === runs.length - 1 ? null : position }
      },
      runs,
    )
    expect(result).toEqual({ started: runs.length })
    expect(seen.map((at) => at?.after?.organizationId)).toEqual([
      undefined,
      ...runs.slice(1).map((_, index) => `${index}`),
    ])
    expect(calls).toHaveLength(runs.length)
  })

  test('leaves alone what somebody else has started', async () => {
    const run = runToStart()
    const pages = [[run], [run]]
    const { result, calls } = await round(
      'billing',
      async () => ({ runs: pages.shift() ?? [], next: pages.length === 0 ? null : { month: '2026-10' } }),
      [run],
    )
    expect(result).toEqual({ started: 2 })
    expect(calls).toHaveLength(1)
  })
})

describe('a round of trials', () => {
  test('goes on until nothing is due', async () => {
    const runs = [runToStart('expire-trial'), runToStart('remind-trial')]
    const pages = runs.map((run) => [run])
    const { result, calls } = await round('trials', async () => pages.shift() ?? [], runs, {
      reminderDays: 7,
    })
    expect(result).toEqual({ started: 2 })
    expect(calls).toHaveLength(2)
  })
})
