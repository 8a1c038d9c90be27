import { ActivityFailure, ApplicationFailure, TimeoutFailure, TimeoutType } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import type { SentDecision, operations } from '../../workflows/contract.ts'
import { explain } from '../../workflows/explain-failure.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const needsInput = failure({ class: 'needs_input' })
const decide = (run: RunUnderTest, operation: keyof typeof operations, decision: SentDecision = {}) =>
  run.handle.executeUpdate(operation, { args: [decision] })

/** The decisions that the ledger is told of, by the activity that tells it. */
async function told(act: (run: RunUnderTest) => Promise<unknown>): Promise<Record<string, unknown>> {
  const plan = [
    plannedStep('a', { placement: 'transactional' }),
    plannedStep('stuck', { needs: ['a'], optional: true }),
  ]
  const steps = scriptedSteps(plan, { stuck: [needsInput, 'succeed'] })
  const taken: Record<string, unknown> = {}
  for (const [name, body] of Object.entries(steps.activities).filter(([each]) => each.startsWith('record-')))
    steps.activities[name] = async (call: { phase?: string }, decision?: TakenDecision) => {
      if (decision !== undefined) taken[name] = { ...decision, phase: call.phase }
      return body(call as never)
    }
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await act(run)
    await run.outcome()
  })
  return taken
}

describe('what a run hands on of a decision', () => {
  it('is who took it, when in the order of things, and by which way', async () => {
    const decision = { step: 'stuck', reason: 'Ada called.', actor: 'key_1', decision: 'dec_1' }
    expect(await told((run) => decide(run, 'retry', decision))).toEqual({
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

  it('is that a signal was, and never the id that somebody typed', async () => {
    const decision = { step: 'stuck', reason: 'no need', decision: 'dec_typed' }
    expect(await told((run) => run.handle.signal('skip', decision))).toEqual({
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

  it('is a cancel, once, however often it is asked for', async () => {
    const taken = await told(async (run) => {
      await run.handle.signal('cancel', { reason: 'first', undo: { a: 'undo' } })
      await run.handle.signal('cancel', { reason: 'second' })
    })
    expect(taken).toEqual({
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

  it("is that Temporal's own cancellation was", async () => {
    expect(await told((run) => run.handle.cancel())).toMatchObject({
      'record-ending': { action: 'cancel', source: 'signal', reason: 'Cancellation was requested.' },
    })
  })
})

describe('how long a stuck step waits', () => {
  it('is as many days as it was given', async () => {
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

describe('a step that could not be run', () => {
  it.each([
    ['an error that no step reported', () => new Error('ada@example.com'), 'step_not_run'],
    ['one of the SDK', () => ApplicationFailure.create({ message: 'x', details: [] }), 'step_not_run'],
  ])('by %s waits for a person in words of ours, and is recorded by the run', async (_, error, code) => {
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
      await decide(run, 'cancel')
      await run.outcome()
    })
  })

  it('in time is told as that', () => {
    const silence = new TimeoutFailure('No heartbeat.', undefined, TimeoutType.HEARTBEAT)
    const failed = new ActivityFailure('Failed.', 'slow', '1', 'TIMEOUT', undefined, silence)
    expect(explain(failed)).toMatchObject({ code: 'worker_silent', class: 'retryable', recorded: false })
  })

  // The chaos tests wait for it: the clock of this server stands still while an activity is under way.
  it('is missed after six seconds without a heartbeat', async () => {
    const plan = [plannedStep('slow', { timeout: 60_000 })]
    const heartbeats = await withRun(plan, scriptedSteps(plan), async (run) => {
      await run.outcome()
      const { events } = await run.handle.fetchHistory()
      return events?.flatMap(({ activityTaskScheduledEventAttributes: step }) => step?.heartbeatTimeout ?? [])
    })
    expect(heartbeats?.map(({ seconds }) => Number(seconds))).toEqual([6])
  })
})
