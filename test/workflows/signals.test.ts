import { describe, expect, it } from 'vitest'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import { type SentDecision, operations } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const needsInput = failure({ class: 'needs_input' })
const plan = [plannedStep('first', { undo: 'keep' }), plannedStep('stuck', { needs: ['first'] })]

/**
 * A run that waits at its second step, with what its ledger is told of decisions. The test ends it, or cancels it at its end.
 * @returns what the ledger was told, all in all.
 */
async function stuckRun(
  body: (run: RunUnderTest, told: TakenDecision[]) => Promise<unknown>,
  cancel: SentDecision | 'ended' = {},
): Promise<TakenDecision[]> {
  const steps = scriptedSteps(plan, { stuck: [needsInput, 'succeed'] })
  const told: TakenDecision[] = []
  for (const name of ['record-retry', 'record-ending'] as const) {
    const record = steps.activities[name]
    steps.activities[name] = async (call: never, decision?: TakenDecision) => {
      if (decision !== undefined) told.push(decision)
      return record?.(call)
    }
  }
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await body(run, told)
    if (cancel !== 'ended')
      await run.handle.executeUpdate<void, [unknown]>(operations.cancel, { args: [cancel] })
    await run.outcome()
  })
  return told
}

async function details({ handle }: RunUnderTest): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails
}
const saysOf = (run: RunUnderTest, signal: string, words: string) =>
  expect.poll(() => details(run)).toContain(`**The last signal \`${signal}\` was not taken:** ${words}`)

describe('a signal that decides nothing', () => {
  it('is told on the page of the run, with what to send instead', async () => {
    await stuckRun(async (run, told) => {
      await run.handle.signal(operations.skip, { step: 'stuck', reason: 'no need' })
      await saysOf(run, 'skip', 'Step stuck is not optional')
      await run.handle.signal(operations.retry, { stpe: 'stuck' })
      await saysOf(run, 'retry', '')
      await run.handle.signal(operations.retry, 'first')
      await saysOf(run, 'retry', 'Step first does not need attention.')
      await run.handle.signal('r'.repeat(50))
      await saysOf(run, 'r'.repeat(40), 'The signal does not exist. The signals are retry, skip, cancel.')
      expect((await run.progress()).status).toBe('needs_attention')
      expect(told).toEqual([])
    })
  })

  it('is forgotten once another one is taken', async () => {
    await stuckRun(async (run, told) => {
      await run.handle.signal(operations.retry, 'first')
      await saysOf(run, 'retry', 'Step first')
      await run.handle.signal(operations.retry, 'stuck')
      await expect.poll(() => told).toMatchObject([{ action: 'retry', source: 'signal', step: 'stuck' }])
      await run.outcome()
      expect(await details(run)).not.toContain('was not taken')
    }, 'ended')
  })
})

const refused = async (run: RunUnderTest, name: string, payload: unknown) => {
  const error: unknown = await run.handle
    .executeUpdate<void, [unknown]>(name, { args: [payload] })
    .catch((reason: unknown) => reason)
  return (error as { cause?: { type?: string } }).cause?.type
}

describe('an update', () => {
  it('that does not apply is refused, saying whether it may only be too early, and leaves no trace', async () => {
    await stuckRun(async (run, told) => {
      expect(await refused(run, 'retry', { step: 'first' })).toBe('not_waiting')
      expect(await refused(run, 'skip', { step: 'stuck', reason: 'no need' })).toBe('invalid_state')
      expect(await refused(run, 'retry', 7)).toBe('invalid_state')
      expect(await refused(run, 'cancel', { stpe: 'x' })).toBe('invalid_state')
      const { events } = await run.handle.fetchHistory()
      expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toBe(false)
      expect(told).toEqual([])
    })
  })

  it('that names no decision of the API is one that somebody typed', async () => {
    const [cancel] = await stuckRun(async () => undefined, { actor: 'Ada' })
    expect(cancel).toMatchObject({ action: 'cancel', source: 'signal', actor: 'Ada' })
    expect(cancel).not.toHaveProperty('id')
  })
})
