import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Activities } from '../../workflows/activity-types.ts'
import {
  type BillingRoundPosition,
  type ReconcileCall,
  rounds,
  type RunToStart,
  workflowIdOf,
} from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { scriptedSteps } from './scripted-steps.ts'
import { timeSkippingServer } from './time-skipping-server.ts'

const server = timeSkippingServer()

const plan = [plannedStep('report-usage', { placement: 'transactional' })]

function runToStart(kind: RunToStart['kind'] = 'bill-account'): RunToStart {
  const id = `opr_${randomUUID()}`
  return { id, kind, plan, summary: 'Bill', details: '', partnerId: 'org_1', billingAdapter: null }
}

/** Runs a round with these activities until it and the runs that it started have closed. */
async function runRound(
  name: keyof typeof rounds,
  activities: Partial<Activities>,
  runs: readonly RunToStart[],
  input: Record<string, unknown> = {},
) {
  const steps = scriptedSteps(plan)
  for (const run of runs) server.script(workflowIdOf(run), steps.activities)
  return server.perform(rounds[name].workflowType, input, { activities }, async (handle) => {
    const result: unknown = await handle.result()
    const { workflow } = server.client()
    for (const run of runs) await workflow.getHandle(workflowIdOf(run)).result()
    return { result, calls: steps.calls }
  })
}

describe('a round of billing', () => {
  test('starts the due runs page by page, and continues as new before its history grows long', async () => {
    const runs = Array.from({ length: 25 }, () => runToStart())
    const seen: (BillingRoundPosition | undefined)[] = []
    const { result, calls } = await runRound(
      'billing',
      {
        'accept-due-bills': async ({ at }) => {
          const page = seen.push(at) - 1
          const position = {
            month: '2026-10',
            after: { organizationId: `${page}`, subscriptionExternalId: 's' },
          }
          return { runs: runs.slice(page, page + 1), next: page === runs.length - 1 ? null : position }
        },
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

  test('starts no run that was started already', async () => {
    const run = runToStart()
    const pages = [[run], [run]]
    const { result, calls } = await runRound(
      'billing',
      {
        'accept-due-bills': async () => ({
          runs: pages.shift() ?? [],
          next: pages.length === 0 ? null : { month: '2026-10' },
        }),
      },
      [run],
    )
    expect(result).toEqual({ started: 2 })
    expect(calls).toHaveLength(1)
  })
})

describe('a round of trials', () => {
  test('continues until no trial is due', async () => {
    const runs = [runToStart('expire-trial'), runToStart('remind-trial')]
    const pages = runs.map((run) => [run])
    const { result, calls } = await runRound(
      'trials',
      { 'accept-due-trials': async () => pages.shift() ?? [] },
      runs,
      { reminderDays: 7 },
    )
    expect(result).toEqual({ started: 2 })
    expect(calls).toHaveLength(2)
  })
})

describe('a round of reconciliation', () => {
  test('compares chunk by chunk, and continues as new at the next chunk', async () => {
    const chunks = 120
    const calls: ReconcileCall[] = []
    const { result } = await runRound(
      'reconciliation',
      {
        'reconcile-chunk': async (call) => {
          const count = calls.push(call)
          return {
            startedAt: 'then',
            next: count === chunks ? null : { comparison: 'users', after: `${count}` },
            // Some chunks fail before the round continues as new, and some after.
            notCompared: count % 50 === 0 ? ['users: They were away.'] : [],
            ...(count === chunks ? { open: { plan_missing: 2 } } : {}),
          }
        },
      },
      [],
      { graceMinutes: 60 },
    )
    expect(result).toEqual({ open: { plan_missing: 2 }, notCompared: ['users: They were away.'] })
    expect(calls).toEqual([
      { graceMinutes: 60 },
      ...Array.from({ length: chunks - 1 }, (_, index) => ({
        graceMinutes: 60,
        startedAt: 'then',
        at: { comparison: 'users', after: `${index + 1}` },
      })),
    ])
  })
})
