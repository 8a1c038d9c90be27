import { describe, expect, it } from 'vitest'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import { type SentDecision, decisionNames } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const needsInput = failure({ class: 'needs_input' })
const plan = [plannedStep('first', { undo: 'keep' }), plannedStep('stuck', { needs: ['first'] })]

/**
 * Starts a run that is stuck at its second step, and calls `body` with it and with the decisions recorded so far.
 * @param cancel the cancel that ends the run, or `ended` when `body` ends it.
 * @returns all recorded decisions.
 */
async function stuckRun(
  body: (run: RunUnderTest, recorded: TakenDecision[]) => Promise<unknown>,
  cancel: SentDecision | 'ended' = {},
): Promise<TakenDecision[]> {
  const steps = scriptedSteps(plan, { stuck: [needsInput, 'succeed'] })
  const recorded: TakenDecision[] = []
  for (const name of ['record-retry', 'record-ending'] as const) {
    const record = steps.activities[name]
    steps.activities[name] = async (call: never, decision?: TakenDecision) => {
      if (decision !== undefined) recorded.push(decision)
      return record?.(call)
    }
  }
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await body(run, recorded)
    if (cancel !== 'ended') await run.decide('cancel', cancel)
    await run.outcome()
  })
  return recorded
}

const expectRefusal = (run: RunUnderTest, signal: string, words: string) =>
  expect.poll(run.details).toContain(`**The last signal \`${signal}\` was not taken:** ${words}`)

describe('a signal that is refused', () => {
  it('is shown on the page of the run, with the reason', async () => {
    await stuckRun(async (run, recorded) => {
      await run.handle.signal(decisionNames.skip, { step: 'stuck', reason: 'no need' })
      await expectRefusal(run, 'skip', 'Step stuck is not optional')
      await run.handle.signal(decisionNames.retry, { stpe: 'stuck' })
      await expectRefusal(run, 'retry', '')
      await run.handle.signal(decisionNames.retry, 'first')
      await expectRefusal(run, 'retry', 'Step first does not need attention.')
      await run.handle.signal('r'.repeat(50))
      await expectRefusal(
        run,
        'r'.repeat(40),
        'The signal does not exist. The signals are retry, skip, cancel.',
      )
      expect((await run.progress()).status).toBe('needs_attention')
      expect(recorded).toEqual([])
    })
  })

  it('is no longer shown once another signal was taken', async () => {
    await stuckRun(async (run, recorded) => {
      await run.handle.signal(decisionNames.retry, 'first')
      await expectRefusal(run, 'retry', 'Step first')
      await run.handle.signal(decisionNames.retry, 'stuck')
      await expect.poll(() => recorded).toMatchObject([{ action: 'retry', source: 'signal', step: 'stuck' }])
      await run.outcome()
      expect(await run.details()).not.toContain('was not taken')
    }, 'ended')
  })
})

const refusalOf = async (run: RunUnderTest, name: string, payload: unknown) => {
  const error: unknown = await run.handle
    .executeUpdate<void, [unknown]>(name, { args: [payload] })
    .catch((reason: unknown) => reason)
  return (error as { cause?: { type?: string } }).cause?.type
}

describe('an update', () => {
  it('that does not apply is refused with a type that says why, and is not in the history', async () => {
    await stuckRun(async (run, recorded) => {
      expect(await refusalOf(run, 'retry', { step: 'first' })).toBe('not_waiting')
      expect(await refusalOf(run, 'skip', { step: 'stuck', reason: 'no need' })).toBe('invalid_state')
      expect(await refusalOf(run, 'retry', 7)).toBe('invalid_state')
      expect(await refusalOf(run, 'cancel', { stpe: 'x' })).toBe('invalid_state')
      const { events } = await run.handle.fetchHistory()
      expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toBe(false)
      expect(recorded).toEqual([])
    })
  })

  it('without the id of a decision of the API is recorded as a signal', async () => {
    const [cancel] = await stuckRun(async () => undefined, { actor: 'Ada' })
    expect(cancel).toMatchObject({ action: 'cancel', source: 'signal', actor: 'Ada' })
    expect(cancel).not.toHaveProperty('id')
  })
})
