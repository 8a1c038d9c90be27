import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectDatabase, type DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunKind } from '../../domain/runs/run-requests.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { createRegistry, type Registry } from '../../plugins/registry.ts'
import { decisionNames, undoActivity, workflowTypes } from '../../workflows/contract.ts'
import { everyRequest } from '../builders/every-request.ts'
import { builtInPlugins } from '../conformance/built-in.ts'
import { runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()
let db: DatabaseConnection
let registry: Registry
beforeAll(() => {
  // Run plans are made without a query: the database only has to be configured.
  db = connectDatabase(inject('templateDatabaseUrl'))
  registry = createRegistry(builtInPlugins(db))
})
afterAll(async () => {
  await registry.close()
  await db.destroy()
})

function planOf(kind: RunKind, billingAdapter: string): PlannedStep[] {
  return registry.planFor(kind, everyRequest(billingAdapter)[kind])
}

const kinds = Object.keys(workflowTypes) as RunKind[]

// These tests use the present run plans: a later release has to replay the histories of runs that began with them.
describe.each(kinds)('a run of the kind %s', (kind) => {
  it('completes within its inline steps when every step succeeds', async () => {
    const plan = planOf(kind, 'ledger')
    const steps = scriptedSteps(plan)
    const outcome = await withRun(plan, steps, (run) => run.outcome(), { kind })
    expect(outcome).toEqual({ status: 'completed' })
    expect(steps.calls[0]).toBe('inline-steps')
  })

  it('runs step by step when its inline steps fail, gets stuck at its last step, and is cancelled by a signal', async () => {
    const plan = planOf(kind, 'http')
    const last = plan.at(-1)?.id ?? ''
    const steps = scriptedSteps(plan, {
      'inline-steps': [failure()],
      [last]: [failure({ class: 'needs_input' })],
    })
    await withRun(
      plan,
      steps,
      async (run) => {
        await run.until(({ status }) => status === 'needs_attention')
        const asking = plan.filter(({ undo }) => undo === 'ask').map(({ id }) => [id, 'undo'])
        await run.handle.signal(decisionNames.cancel, {
          reason: 'Not wanted.',
          undo: Object.fromEntries(asking),
        })
        expect(await run.outcome()).toEqual({ status: 'cancelled' })
      },
      { kind },
    )
    expect(steps.calls.filter((call) => call.startsWith('undo-'))).toEqual(
      plan
        .filter(({ undo }) => undo !== 'keep')
        .map(({ id }) => undoActivity(id))
        .reverse(),
    )
  })
})
