import { ActivityFailure, ApplicationFailure, TimeoutFailure, TimeoutType } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import { explain } from '../../workflows/explain-failure.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const needsInput = failure({ class: 'needs_input' })

/** Lets `act` decide on a stuck run. @returns the decisions that were recorded, by the activity that recorded them. */
async function recordedDecisions(act: (run: RunUnderTest) => Promise<unknown>) {
  const plan = [
    plannedStep('a', { placement: 'transactional' }),
    plannedStep('stuck', { needs: ['a'], optional: true }),
  ]
  const steps = scriptedSteps(plan, { stuck: [needsInput, 'succeed'] })
  const recorded: Record<string, unknown> = {}
  for (const [name, body] of Object.entries(steps.activities).filter(([each]) => each.startsWith('record-')))
    steps.activities[name] = async (call: { phase?: string }, decision?: TakenDecision) => {
      if (decision !== undefined) recorded[name] = { ...decision, phase: call.phase }
      return body(call as never)
    }
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await act(run)
    await run.outcome()
  })
  return recorded
}

describe('the record of a decision', () => {
  it('has its actor, its number in the order of decisions and its source', async () => {
    const decision = { step: 'stuck', reason: 'Ada called.', actor: 'key_1', decision: 'dec_1' }
    expect(await recordedDecisions((run) => run.decide('retry', decision))).toEqual({
      'record-retry': {
        action: 'retry',
        step: 'stuck',
        reason: 'Ada called.',
        actor: 'key_1',
        id: 'dec_1',
        source: 'api',
        number: 1,
        phase: 'running',
      },
    })
  })

  it('has the source `signal`, and no id, when a person sent a signal', async () => {
    const decision = { step: 'stuck', reason: 'no need', decision: 'dec_typed' }
    expect(await recordedDecisions((run) => run.handle.signal('skip', decision))).toEqual({
      'record-skip': {
        action: 'skip',
        step: 'stuck',
        reason: 'no need',
        source: 'signal',
        number: 1,
        phase: 'running',
      },
    })
  })

  it('has only the first of several cancels', async () => {
    const recorded = await recordedDecisions(async (run) => {
      await run.handle.signal('cancel', { reason: 'first', undo: { a: 'undo' } })
      await run.handle.signal('cancel', { reason: 'second' })
    })
    expect(recorded).toEqual({
      'record-ending': {
        action: 'cancel',
        reason: 'first',
        undo: { a: 'undo' },
        source: 'signal',
        number: 1,
        phase: undefined,
      },
    })
  })

  it("has a cancel when Temporal's own cancellation was requested", async () => {
    expect(await recordedDecisions((run) => run.handle.cancel())).toMatchObject({
      'record-ending': { action: 'cancel', source: 'signal', reason: 'Cancellation was requested.' },
    })
  })
})

describe('a stuck step', () => {
  it('waits as many days as the run was given', async () => {
    const plan = [plannedStep('only')]
    const steps = scriptedSteps(plan, { only: [needsInput] })
    const timers = await withRun(
      plan,
      steps,
      async (run) => {
        expect(await run.outcome()).toEqual({ status: 'cancelled' })
        const { events } = await run.handle.fetchHistory()
        return events?.flatMap(({ timerStartedEventAttributes: timer }) => timer?.startToFireTimeout ?? [])
      },
      { attentionDays: 2 },
    )
    expect(timers?.map(({ seconds }) => Number(seconds))).toEqual([2 * 24 * 60 * 60])
  })
})

describe('an activity that failed outside of its step', () => {
  it.each([
    ['an unknown error', () => new Error('ada@example.com'), 'step_not_run'],
    ['an error of the SDK', () => ApplicationFailure.create({ message: 'x', details: [] }), 'step_not_run'],
  ])(
    'by %s is recorded by the run as a stuck step, without the text of the error',
    async (_, error, code) => {
      const plan = [
        plannedStep('first', { timeout: 60_000, retry: { ...plannedStep('x').retry, maximumAttempts: 1 } }),
      ]
      const steps = scriptedSteps(plan)
      steps.activities.first = async () => {
        throw error()
      }
      await withRun(plan, steps, async (run) => {
        const { steps: all } = await run.until(({ status }) => status === 'needs_attention')
        expect(all[0]?.error).toMatchObject({ code, class: 'retryable' })
        expect(JSON.stringify(all)).not.toContain('ada@example.com')
        await expect.poll(() => steps.calls).toContain('record-attention first')
        await run.decide('cancel')
        await run.outcome()
      })
    },
  )

  it('by a missing heartbeat has a code of its own', () => {
    const silence = new TimeoutFailure('No heartbeat.', undefined, TimeoutType.HEARTBEAT)
    const failed = new ActivityFailure('Failed.', 'slow', '1', 'TIMEOUT', undefined, silence)
    expect(explain(failed)).toMatchObject({ code: 'worker_silent', class: 'retryable', recorded: false })
  })

  // Only the chaos tests wait for the timeout: the clock of this server stands still while an activity runs.
  it('is found after six seconds without a heartbeat', async () => {
    const plan = [plannedStep('slow', { timeout: 60_000 })]
    const heartbeats = await withRun(plan, scriptedSteps(plan), async (run) => {
      await run.outcome()
      const { events } = await run.handle.fetchHistory()
      return events?.flatMap(({ activityTaskScheduledEventAttributes: step }) => step?.heartbeatTimeout ?? [])
    })
    expect(heartbeats?.map(({ seconds }) => Number(seconds))).toEqual([6])
  })
})
