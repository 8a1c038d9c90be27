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

describe('the inline steps', () => {
  it('run in one local activity, the transactional steps before the external ones', async () => {
    const steps = scriptedSteps(chain)
    const outcome = await withRun(chain, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'completed' })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })

  it('run again as one activity per step when their local activity fails', async () => {
    const steps = scriptedSteps(chain, { 'inline-steps': [failure()] })
    await withRun(chain, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'a', 'b', 'mail'])
  })

  it('do not include a transactional step that needs an external one', async () => {
    const plan = [plannedStep('call'), plannedStep('row', { placement: 'transactional', needs: ['call'] })]
    const steps = scriptedSteps(plan)
    await withRun(plan, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'call', 'row'])
  })
})

describe('a step that fails', () => {
  it('is tried again under its retry policy, and needs no person', async () => {
    const steps = scriptedSteps(chain, {
      mail: [failure({ recorded: false }), failure({ recorded: false }), 'succeed'],
    })
    await withRun(chain, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'mail', 'mail'])
  })

  it('waits for a person when its attempts are used up, and continues after a retry', async () => {
    const again = failure({ recorded: false })
    // One attempt as an inline step, then three by its own activity. Only the last one records its failure.
    const steps = scriptedSteps(chain, { mail: [again, again, again, failure(), 'succeed'] })
    await withRun(chain, steps, async (run) => {
      const stuck = await run.until(({ status }) => status === 'needs_attention')
      expect(stuck.steps[2]).toMatchObject({
        id: 'mail',
        status: 'needs_attention',
        error: { code: 'provider_down' },
      })
      await run.decide('retry', { step: 'mail' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls.slice(-2)).toEqual(['record-retry mail', 'mail'])
  })

  it('has its failure recorded by the run when the step could not record it', async () => {
    const unrecorded = failure({ class: 'needs_input', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unrecorded, unrecorded, 'succeed'] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(decisionNames.retry)
      await run.outcome()
    })
    expect(steps.calls).toContain('record-attention mail')
  })

  it('needs no person when the step journal shows that it was done and only its answer was lost', async () => {
    const unanswered = failure({ class: 'unknown_outcome', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unanswered, unanswered, 'succeed'] }, { finished: ['mail'] })
    const outcome = await withRun(chain, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'completed' })
    expect(steps.calls.slice(-2)).toEqual(['record-attention mail', 'mail'])
  })

  it('takes a decision that arrives while the run looks the step up in the step journal', async () => {
    const unanswered = failure({ class: 'unknown_outcome', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unanswered, unanswered, 'succeed'] })
    const [reading, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    steps.activities['record-attention'] = async () => {
      reading.resolve()
      await released.promise
      return { outcome: 'finished', attempts: 1 }
    }
    let phase: unknown
    const record = steps.activities['record-retry']
    steps.activities['record-retry'] = async (call: { phase: string }) => {
      phase = call.phase
      return record?.(call as never)
    }
    await withRun(chain, steps, async (run) => {
      await reading.promise
      await run.decide('retry', { step: 'mail' })
      released.resolve()
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls.slice(-2)).toEqual(['record-retry mail', 'mail'])
    expect(phase).toBe('running')
  })

  it('holds up only the steps that need it', async () => {
    const plan = [plannedStep('stuck'), plannedStep('after', { needs: ['stuck'] }), plannedStep('beside')]
    const steps = scriptedSteps(plan, { stuck: [failure({ class: 'needs_input' }), 'succeed'] })
    await withRun(plan, steps, async (run) => {
      const progress = await run.until(
        ({ steps: [stuck, , beside] }) => stuck?.status === 'needs_attention' && beside?.status === 'done',
      )
      expect(progress.steps[1]?.status).toBe('pending')
      await run.decide('retry')
      await run.outcome()
    })
    expect(steps.calls.at(-1)).toBe('after')
  })

  it('ends the run as failed when it refuses the request before any other step was done', async () => {
    const steps = scriptedSteps(chain, {
      'inline-steps': [failure()],
      a: [failure({ class: 'terminal', refused: true })],
    })
    await withRun(chain, steps, async (run) => {
      await expect(run.outcome()).rejects.toMatchObject({ cause: { type: 'onboarding_refused' } })
    })
    expect(steps.calls).toEqual(['inline-steps', 'a'])
  })
})

describe('a decision on a stuck step', () => {
  it('may skip it when it is optional, with a reason', async () => {
    const plan = [plannedStep('needed'), plannedStep('extra', { optional: true })]
    const stuck = failure({ class: 'needs_input' })
    const steps = scriptedSteps(plan, { needed: [stuck, 'succeed'], extra: [stuck] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ steps: all }) => all.every(({ status }) => status === 'needs_attention'))
      const skip = (step: string, reason: string) => run.decide('skip', { step, reason })
      await expect(skip('needed', 'no need')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('cannot be skipped') },
      })
      await expect(skip('extra', '')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('must give a reason') },
      })
      await skip('extra', 'no need')
      await run.decide('retry', { step: 'needed' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
      expect((await run.progress()).steps[1]?.status).toBe('skipped')
    })
    expect(steps.calls).toContain('record-skip extra')
  })

  it('may be sent as a signal, and a signal that does not apply changes nothing', async () => {
    const steps = scriptedSteps(chain, { mail: [failure({ class: 'needs_input' })] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(decisionNames.skip, { step: 'mail', reason: '' })
      await run.handle.signal(decisionNames.retry, { step: 'a' })
      await run.handle.signal(decisionNames.skip, { step: 'mail', reason: 'They have it.' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'record-skip mail'])
  })

  it('is refused when another decision was taken before it', async () => {
    const steps = scriptedSteps(chain, { mail: [failure({ class: 'needs_input' }), 'succeed'] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      const retry = () => run.decide('retry', { step: 'mail' })
      const results = await Promise.allSettled([retry(), retry()])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      await run.outcome()
    })
    expect(steps.calls.filter((call) => call === 'mail')).toHaveLength(2)
  })

  it('can not be a retry when the failure is terminal', async () => {
    const plan = [plannedStep('first'), plannedStep('second', { needs: ['first'] })]
    const steps = scriptedSteps(plan, { second: [failure({ class: 'terminal' })] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await expect(run.decide('retry', { step: 'second' })).rejects.toThrow()
      await run.decide('cancel')
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
  })
})

describe('an optional step that is stuck for thirty days without a decision', () => {
  const stuck = failure({ class: 'needs_input' })

  it('is skipped, and the run keeps its done steps and continues', async () => {
    const plan = [...chain, plannedStep('last', { needs: ['mail'] })]
    const steps = scriptedSteps(plan, { mail: [stuck] })
    const before = await now()
    await withRun(plan, steps, async (run) => {
      expect(await run.outcome()).toEqual({ status: 'completed' })
      expect((await run.progress()).steps[2]?.status).toBe('skipped')
    })
    expect(await now()).toBeGreaterThan(before + 29 * 24 * 60 * 60 * 1000)
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'record-skip mail', 'last'])
    expect(steps.reasons).toEqual(['Nobody decided in time.'])
  })

  it('waits as long as a required step is stuck, and is skipped after the decision on that step', async () => {
    const plan = [plannedStep('extra', { optional: true }), plannedStep('needed')]
    const steps = scriptedSteps(plan, { extra: [stuck], needed: [stuck, stuck, 'succeed'] })
    await withRun(plan, steps, async (run) => {
      const allStuck = () =>
        run.until(({ steps: all }) => all.every(({ status }) => status === 'needs_attention'))
      await allStuck()
      await sleep('20 days')
      await run.decide('retry', { step: 'needed' })
      await allStuck()
      // Thirty days have passed for the optional step, but not for the required one, which was retried.
      await sleep('15 days')
      await allStuck()
      await run.decide('retry', { step: 'needed' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toContain('record-skip extra')
  })

  it('can still be retried while it waits for a required step', async () => {
    const plan = [plannedStep('extra', { optional: true }), plannedStep('needed')]
    const steps = scriptedSteps(plan, { extra: [stuck, 'succeed'], needed: [stuck, stuck, 'succeed'] })
    await withRun(plan, steps, async (run) => {
      const stuckAt = (ids: string[]) =>
        run.until(({ steps: all }) =>
          all.every(({ id, status }) => (status === 'needs_attention') === ids.includes(id)),
        )
      await stuckAt(['extra', 'needed'])
      await sleep('20 days')
      await run.decide('retry', { step: 'needed' })
      await stuckAt(['extra', 'needed'])
      await sleep('15 days')
      await run.decide('retry', { step: 'extra' })
      await stuckAt(['needed'])
      await run.decide('retry', { step: 'needed' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).not.toContain('record-skip extra')
  })
})
