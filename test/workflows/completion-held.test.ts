import { describe, expect, it } from 'vitest'
import { decisionNames } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const plan = [
  plannedStep('row', { placement: 'transactional' }),
  plannedStep('call', { needs: ['row'], optional: true }),
]

describe('a run whose completion is held for a cancel', () => {
  it('records its completion when no cancel arrived before its last step ended', async () => {
    const steps = scriptedSteps(plan, { call: [failure({ recorded: false }), 'last'] })
    await withRun(plan, steps, async (run) => {
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toEqual(['inline-steps', 'call', 'call', 'record-ending completed'])
  })

  it('records its completion when its last step was an inline step', async () => {
    const steps = scriptedSteps(plan, { call: ['last'] })
    await withRun(plan, steps, async (run) => {
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls).toEqual(['inline-steps', 'call', 'record-ending completed'])
  })

  it('refuses a cancel while it records its completion', async () => {
    const steps = scriptedSteps(plan, { call: ['last'] })
    const [recording, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    steps.activities['record-ending'] = async () => {
      recording.resolve()
      await released.promise
    }
    await withRun(plan, steps, async (run) => {
      await recording.promise
      const cancel = run.decide('cancel')
      await expect(cancel).rejects.toMatchObject({
        cause: { message: expect.stringContaining('already ending') },
      })
      released.resolve()
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
  })

  it('is undone when the cancel arrived before its last step was resolved', async () => {
    const steps = scriptedSteps(plan, { call: [failure({ class: 'needs_input' })] })
    const [skipping, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    steps.activities['record-skip'] = async () => {
      skipping.resolve()
      await released.promise
      return { completionHeld: true }
    }
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.signal(decisionNames.skip, { step: 'call', reason: 'Not needed.' })
      await skipping.promise
      await run.decide('cancel')
      released.resolve()
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(steps.calls.slice(-4)).toEqual([
      ...['record-ending cancelling', 'undo-call', 'undo-row', 'record-ending cancelled'],
    ])
  })

  it('records its completion when its last step was skipped', async () => {
    const steps = scriptedSteps(plan, { call: [failure({ class: 'needs_input' })] })
    steps.activities['record-skip'] = async () => ({ completionHeld: true })
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.decide('skip', { step: 'call', reason: 'Not needed.' })
      expect(await run.outcome()).toEqual({ status: 'completed' })
    })
    expect(steps.calls.at(-1)).toBe('record-ending completed')
  })
})
