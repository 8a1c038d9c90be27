import { describe, expect, it } from 'vitest'
import { type SentDecision, operations } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun, sleep, now } = runsUnderTest()

const chain = [
  plannedStep('a', { placement: 'transactional' }),
  plannedStep('b', { placement: 'transactional', needs: ['a'] }),
  plannedStep('mail', { needs: ['b'], optional: true, undo: 'keep' }),
]

const retryOf = (step: string) => ({ args: [{ step }] as [SentDecision] })

describe('the inline steps', () => {
  it('runs all leading transactional steps at once, then the external ones by themselves', async () => {
    const steps = scriptedSteps(chain)
    const outcome = await withRun(chain, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'completed' })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })

  it('falls back to one visible activity a step when it fails', async () => {
    const steps = scriptedSteps(chain, { 'inline-steps': [failure()] })
    await withRun(chain, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'a', 'b', 'mail'])
  })

  it('leaves out a transactional step that waits for an external one', async () => {
    const plan = [plannedStep('call'), plannedStep('row', { placement: 'transactional', needs: ['call'] })]
    const steps = scriptedSteps(plan)
    await withRun(plan, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'call', 'row'])
  })
})

describe('a step that fails', () => {
  it('is tried again under its retry policy without asking anybody', async () => {
    const steps = scriptedSteps(chain, {
      mail: [failure({ recorded: false }), failure({ recorded: false }), 'succeed'],
    })
    await withRun(chain, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'mail', 'mail'])
  })

  it('waits for a person when its attempts are used up, and goes on after a retry', async () => {
    const again = failure({ recorded: false })
    // One try in the workflow's own task, then three as an activity, whose last says that it was the last.
    const steps = scriptedSteps(chain, { mail: [again, again, again, failure(), 'succeed'] })
    await withRun(chain, steps, async (run) => {
      const stuck = await run.until(({ status }) => status === 'needs_attention')
      expect(stuck.steps[2]).toMatchObject({
        id: 'mail',
        status: 'needs_attention',
        error: { code: 'provider_down' },
      })
      await run.handle.executeUpdate(operations.retry, { args: [{ step: 'mail' }] })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls.slice(-2)).toEqual(['record-retry mail', 'mail'])
  })

  it('has its failure recorded by the run when it could not record it itself', async () => {
    const unrecorded = failure({ class: 'needs_input', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unrecorded, unrecorded, 'succeed'] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(operations.retry)
      await run.outcome()
    })
    expect(steps.calls).toContain('record-attention mail')
  })

  it('asks nobody when the ledger knows that it was done and only its answer got lost', async () => {
    const unanswered = failure({ class: 'unknown_outcome', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unanswered, unanswered, 'succeed'] }, { finished: ['mail'] })
    const outcome = await withRun(chain, steps, (run) => run.outcome())
    expect(outcome).toEqual({ status: 'completed' })
    expect(steps.calls.slice(-2)).toEqual(['record-attention mail', 'mail'])
  })

  it('hears whoever decided while the ledger was asked whether it was done', async () => {
    const unanswered = failure({ class: 'unknown_outcome', recorded: false })
    const steps = scriptedSteps(chain, { mail: [unanswered, unanswered, 'succeed'] })
    const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    steps.activities['record-attention'] = async () => {
      asked.resolve()
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
      await asked.promise
      await run.handle.executeUpdate(operations.retry, { args: [{ step: 'mail' }] })
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
      await run.handle.executeUpdate(operations.retry, { args: [{}] })
      await run.outcome()
    })
    expect(steps.calls.at(-1)).toBe('after')
  })

  it('ends the run as failed when it refuses before anything was done', async () => {
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

describe('operators', () => {
  it('may skip an optional step with a reason, and no other', async () => {
    const plan = [plannedStep('needed'), plannedStep('extra', { optional: true })]
    const stuck = failure({ class: 'needs_input' })
    const steps = scriptedSteps(plan, { needed: [stuck, 'succeed'], extra: [stuck] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ steps: all }) => all.every(({ status }) => status === 'needs_attention'))
      const skip = (step: string, reason: string) =>
        run.handle.executeUpdate(operations.skip, { args: [{ step, reason }] })
      await expect(skip('needed', 'no need')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('cannot be skipped') },
      })
      await expect(skip('extra', '')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('must give a reason') },
      })
      await skip('extra', 'no need')
      await run.handle.executeUpdate(operations.retry, { args: [{ step: 'needed' }] })
      expect(await run.outcome()).toEqual({ status: 'completed' })
      expect((await run.progress()).steps[1]?.status).toBe('skipped')
    })
    expect(steps.calls).toContain('record-skip extra')
  })

  it('may skip by a signal, too, and one that does not apply is ignored', async () => {
    const steps = scriptedSteps(chain, { mail: [failure({ class: 'needs_input' })] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(operations.skip, { step: 'mail', reason: '' })
      await run.handle.signal(operations.retry, { step: 'a' })
      await run.handle.signal(operations.skip, { step: 'mail', reason: 'They have it.' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'record-skip mail'])
  })

  it('are told when someone else has decided already', async () => {
    const steps = scriptedSteps(chain, { mail: [failure({ class: 'needs_input' }), 'succeed'] })
    await withRun(chain, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      const retry = () => run.handle.executeUpdate(operations.retry, { args: [{ step: 'mail' }] })
      const results = await Promise.allSettled([retry(), retry()])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      await run.outcome()
    })
    expect(steps.calls.filter((call) => call === 'mail')).toHaveLength(2)
  })

  it('can not retry a terminal failure', async () => {
    const plan = [plannedStep('first'), plannedStep('dead', { needs: ['first'] })]
    const steps = scriptedSteps(plan, { dead: [failure({ class: 'terminal' })] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await expect(run.handle.executeUpdate(operations.retry, { args: [{ step: 'dead' }] })).rejects.toThrow()
      await run.handle.executeUpdate(operations.cancel, { args: [{}] })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
  })
})

describe('an optional step on which nobody decides for thirty days', () => {
  const stuck = failure({ class: 'needs_input' })

  it('is skipped, and all that was done stays', async () => {
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

  it('waits while a required step does, and is skipped once somebody decided on that', async () => {
    const plan = [plannedStep('extra', { optional: true }), plannedStep('needed')]
    const steps = scriptedSteps(plan, { extra: [stuck], needed: [stuck, stuck, 'succeed'] })
    const retryNeeded = { args: [{ step: 'needed' }] as [SentDecision] }
    await withRun(plan, steps, async (run) => {
      const allStuck = () =>
        run.until(({ steps: all }) => all.every(({ status }) => status === 'needs_attention'))
      await allStuck()
      await sleep('20 days')
      await run.handle.executeUpdate(operations.retry, retryNeeded)
      await allStuck()
      // The time of the one is up, and that of the other is not.
      await sleep('15 days')
      await allStuck()
      await run.handle.executeUpdate(operations.retry, retryNeeded)
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toContain('record-skip extra')
  })

  it('is still for a person to decide while it waits for a required one', async () => {
    const plan = [plannedStep('extra', { optional: true }), plannedStep('needed')]
    const steps = scriptedSteps(plan, { extra: [stuck, 'succeed'], needed: [stuck, stuck, 'succeed'] })
    await withRun(plan, steps, async (run) => {
      const stuckAt = (ids: string[]) =>
        run.until(({ steps: all }) =>
          all.every(({ id, status }) => (status === 'needs_attention') === ids.includes(id)),
        )
      await stuckAt(['extra', 'needed'])
      await sleep('20 days')
      await run.handle.executeUpdate(operations.retry, retryOf('needed'))
      await stuckAt(['extra', 'needed'])
      await sleep('15 days')
      await run.handle.executeUpdate(operations.retry, retryOf('extra'))
      await stuckAt(['needed'])
      await run.handle.executeUpdate(operations.retry, retryOf('needed'))
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).not.toContain('record-skip extra')
  })
})
