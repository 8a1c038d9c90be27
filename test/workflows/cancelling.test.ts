import { describe, expect, it } from 'vitest'
import { decisionNames } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun, sleep, now } = runsUnderTest()

const chain = [
  plannedStep('a', { placement: 'transactional' }),
  plannedStep('b', { placement: 'transactional', needs: ['a'] }),
  plannedStep('mail', { needs: ['b'], optional: true, undo: 'keep' }),
]

describe('cancelling a run', () => {
  const stuckAtMail = { mail: [failure({ class: 'needs_input' })] }

  it('undoes done steps in reverse order and keeps steps that can not be undone', async () => {
    const steps = scriptedSteps(chain, stuckAtMail)
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.decide('cancel', { reason: 'changed their mind' })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls.slice(-4)).toEqual([
      'record-ending cancelling',
      'undo-b',
      'undo-a',
      'record-ending cancelled',
    ])
  })

  it('needs an answer for every done step with the undo policy `ask`', async () => {
    const plan = chain.map((step) => (step.id === 'b' ? plannedStep('b', { ...step, undo: 'ask' }) : step))
    const steps = scriptedSteps(plan, stuckAtMail)
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await expect(run.decide('cancel')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('"b":"undo" or "keep"') },
      })
      await run.decide('cancel', { undo: { b: 'keep' } })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls).toContain('undo-a')
    expect(steps.calls).not.toContain('undo-b')
  })

  it("is also the effect of Temporal's own cancellation", async () => {
    const steps = scriptedSteps(chain, stuckAtMail)
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.cancel()
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls).toContain('undo-a')
  })

  it('is too late when the step journal shows that every step was done', async () => {
    const steps = scriptedSteps(chain, { 'inline-steps': [failure()], ...stuckAtMail })
    steps.activities['record-ending'] = async () => {
      steps.calls.push('record-ending')
      return 'completed'
    }
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(decisionNames.cancel, {})
      expect(await run.outcome()).toEqual({ status: 'completed' })
      const { steps: all } = await run.progress()
      expect(all.map(({ status, error }) => [status, error])).toEqual(chain.map(() => ['done', undefined]))
      expect(await run.details()).toContain(
        '`cancel` was not taken:** The run was completed before it received the cancel.',
      )
    })
    expect(steps.calls.at(-1)).toBe('record-ending')
  })

  it('waits for a step that is running, and undoes that step too', async () => {
    const plan = [plannedStep('first'), plannedStep('long', { timeout: 20_000, needs: ['first'] })]
    const steps = scriptedSteps(plan)
    const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    steps.activities.long = async () => {
      started.resolve()
      await released.promise
    }
    await withRun(plan, steps, async (run) => {
      await started.promise
      await run.decide('cancel')
      steps.calls.push('long ends')
      released.resolve()
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls).toEqual([
      ...['inline-steps', 'first', 'long ends'],
      ...['record-ending cancelling', 'undo-long', 'undo-first', 'record-ending cancelled'],
    ])
  })

  it('is the decision of the clock when a required step is stuck for thirty days', async () => {
    const plan = [plannedStep('a'), plannedStep('b', { needs: ['a'] })]
    const steps = scriptedSteps(plan, { b: [failure({ class: 'needs_input' })] })
    const before = await now()
    const outcome = await withRun(plan, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(await now()).toBeGreaterThan(before + 29 * 24 * 60 * 60 * 1000)
  })

  it('happens after thirty days even when an optional step got stuck later than the required one', async () => {
    const plan = [plannedStep('extra', { optional: true }), plannedStep('needed')]
    const stuck = failure({ class: 'needs_input' })
    // The optional step gets stuck later: the test server loses timers that fire at the same moment.
    const later = failure({ recorded: false })
    const steps = scriptedSteps(plan, { needed: [stuck], extra: [later, later, stuck] })
    const outcome = await withRun(plan, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(steps.calls).not.toContain('record-skip extra')
  })

  it('is never the decision of the clock when the run waits without a limit', async () => {
    const steps = scriptedSteps(chain, stuckAtMail)
    await withRun(
      chain,
      steps,
      async (run) => {
        await run.until(({ status }) => status === 'needs_attention')
        await sleep('400 days')
        expect((await run.progress()).status).toBe('needs_attention')
        await run.decide('cancel')
        expect(await run.outcome()).toEqual({ status: 'cancelled' })
      },
      { attentionDays: null },
    )
  })

  it('waits for a person when undoing a step fails, and continues after a retry', async () => {
    const steps = scriptedSteps(chain, {
      ...stuckAtMail,
      'undo-b': [failure({ class: 'needs_input' }), 'succeed'],
    })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.decide('cancel')
      await run.until(({ steps: [, b] }) => b?.status === 'needs_attention')
      await run.decide('retry', { step: 'b' })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls.slice(-4)).toEqual(['record-retry b', 'undo-b', 'undo-a', 'record-ending cancelled'])
  })

  it('continues with the other steps when a person skips the undoing of one', async () => {
    const refused = failure({ class: 'terminal' })
    const steps = scriptedSteps(chain, { ...stuckAtMail, 'undo-b': [refused] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.decide('cancel')
      await run.until(({ steps: [, b] }) => b?.status === 'needs_attention')
      const retry = run.decide('retry', { step: 'b' })
      await expect(retry).rejects.toMatchObject({
        cause: { message: expect.stringContaining('a retry cannot fix') },
      })
      await run.decide('skip', { step: 'b', reason: 'Deleted by hand.' })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls.slice(-4)).toEqual(['undo-b', 'record-skip b', 'undo-a', 'record-ending cancelled'])
  })

  it('continues with the other steps when a signal skips the undoing of one', async () => {
    const steps = scriptedSteps(chain, { ...stuckAtMail, 'undo-b': [failure({ class: 'needs_input' })] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.decide('cancel')
      await run.until(({ steps: [, b] }) => b?.status === 'needs_attention')
      await run.handle.signal(decisionNames.skip, { step: 'b', reason: 'Deleted by hand.' })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls.slice(-4)).toEqual(['undo-b', 'record-skip b', 'undo-a', 'record-ending cancelled'])
  })
})

describe('a signal', () => {
  it('with an unreadable payload has no effect, and one that names a step applies to that step only', async () => {
    const plan = [plannedStep('one'), plannedStep('other')]
    const stuck = failure({ class: 'needs_input' })
    const steps = scriptedSteps(plan, { one: [stuck, 'succeed'], other: [stuck, 'succeed'] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ steps: all }) => all.every(({ status }) => status === 'needs_attention'))
      for (const payload of [7, [], { stpe: 'one' }, { step: '' }, 'neither'])
        await run.handle.signal(decisionNames.retry, payload)
      await run.handle.signal('rety')
      await run.handle.signal(decisionNames.retry, 'other')
      const { steps: after } = await run.until(({ steps: all }) => all[1]?.status === 'done')
      expect(after[0]?.status).toBe('needs_attention')
      await run.handle.signal(decisionNames.retry)
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls.filter((call) => call.startsWith('record-retry'))).toEqual([
      'record-retry other',
      'record-retry one',
    ])
  })
})
