import { describe, expect, it } from 'vitest'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { operations } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { runsUnderTest } from './harness.ts'
import { failure, type Script, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const row = (id: string, needs: string[] = []) => plannedStep(id, { placement: 'transactional', needs })
const call = (id: string, needs: string[] = [], timeout = 10_000) => plannedStep(id, { needs, timeout })

/** Which steps the inline is given, and which are run by an activity of their own. */
async function inlineStepsOf(
  plan: PlannedStep[],
): Promise<{ inline: string[] | undefined; alone: string[] }> {
  const steps = scriptedSteps(plan)
  let inline: string[] | undefined
  steps.activities['inline-steps'] = async ({ steps: given }: { steps: PlannedStep[] }) => {
    inline = given.map(({ id }) => id)
    return { done: inline, failed: {} }
  }
  await withRun(plan, steps, async (run) => {
    expect(await run.outcome()).toEqual({ status: 'completed' })
    expect((await run.progress()).steps.every(({ status }) => status === 'done')).toBe(true)
  })
  return { inline, alone: steps.calls }
}

describe('the inline steps takes', () => {
  it.each([
    ['all of ours that need only ours', [row('a'), row('b', ['a'])], ['a', 'b']],
    [
      'a short call that needs nothing, or only ours',
      [row('a'), call('b'), call('c', ['a'])],
      ['a', 'b', 'c'],
    ],
    [
      'a call that may take fifteen seconds, and none that may take longer',
      [call('a', [], 15_000), call('b', [], 15_001)],
      ['a'],
    ],
    ['no call that needs another', [call('a'), call('b', ['a'])], ['a']],
    [
      'nothing of ours that needs a call, however far away',
      [call('a'), row('b', ['a']), row('c', ['b'])],
      ['a'],
    ],
    [
      'nothing that needs both',
      [row('a'), call('b'), call('c', ['a', 'b']), row('d', ['a', 'b'])],
      ['a', 'b'],
    ],
  ])('%s', async (_, plan, taken) => {
    const { inline, alone } = await inlineStepsOf(plan)
    expect(inline).toEqual(taken)
    expect(new Set(alone)).toEqual(new Set(plan.map(({ id }) => id).filter((id) => !taken.includes(id))))
  })

  it('nothing where there is nothing for it', async () => {
    expect(await inlineStepsOf([call('a', [], 60_000)])).toEqual({ inline: undefined, alone: ['a'] })
  })
})

const play = (script: Script) => {
  const plan = [call('mail')]
  const steps = scriptedSteps(plan, { mail: script })
  return { plan, steps }
}

describe('what failed in the inline steps', () => {
  it('is not tried again by itself when it is for a person', async () => {
    const { plan, steps } = play([failure({ class: 'needs_input' }), 'succeed'])
    await withRun(plan, steps, async (run) => {
      const { steps: stuck } = await run.until(({ status }) => status === 'needs_attention')
      expect(stuck).toEqual([
        {
          id: 'mail',
          title: 'mail',
          status: 'needs_attention',
          error: {
            code: 'provider_down',
            class: 'needs_input',
            message: 'The provider is down.',
            nextAction: 'Wait, then retry.',
            retry: 'as_is',
          },
        },
      ])
      expect(steps.calls).toEqual(['inline-steps', 'mail'])
      await run.handle.signal(operations.retry)
      await run.outcome()
      expect((await run.progress()).steps).toEqual([{ id: 'mail', title: 'mail', status: 'done' }])
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'record-retry mail', 'mail'])
  })

  it('is tried by an activity of its own when that may help', async () => {
    const { plan, steps } = play([failure({ recorded: false }), 'succeed'])
    await withRun(plan, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'mail'])
  })

  it('ends the run when it refused the request, and nothing more is tried', async () => {
    const { plan, steps } = play([failure({ class: 'terminal', recorded: true, refused: true })])
    await withRun(plan, steps, async (run) => {
      await expect(run.outcome()).rejects.toMatchObject({ cause: { type: 'onboarding_refused' } })
      expect((await run.progress()).status).toBe('failed')
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })

  it('refuses the request even when that could not be recorded', async () => {
    const { plan, steps } = play([failure({ class: 'terminal', recorded: false, refused: true })])
    await withRun(plan, steps, async (run) => {
      await expect(run.outcome()).rejects.toMatchObject({ cause: { type: 'onboarding_refused' } })
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })
})

it('a cancel that comes before the inline steps is through undoes what that did, and begins nothing more', async () => {
  const plan = [row('a'), call('long', ['a'], 60_000)]
  const steps = scriptedSteps(plan)
  const cancelled = { firstSignal: operations.cancel }
  const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
  expect(outcome).toEqual({ status: 'cancelled' })
  expect(steps.calls).toEqual([
    'inline-steps',
    ...['record-ending cancelling', 'undo-a', 'record-ending cancelled'],
  ])
})

it('a cancel after inline steps that gave no answer undoes also what the inline may have done of steps that did not begin again', async () => {
  const plan = [row('a'), row('b', ['a']), call('long', ['b'], 60_000)]
  const refused = failure({ class: 'needs_input' })
  const steps = scriptedSteps(plan, { 'inline-steps': [failure()], a: [refused] })
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await run.handle.signal(operations.cancel)
    expect(await run.outcome()).toEqual({ status: 'cancelled' })
  })
  expect(steps.calls).toEqual([
    ...['inline-steps', 'a', 'record-ending cancelling'],
    ...['undo-b', 'undo-a', 'record-ending cancelled'],
  ])
})

describe('a cancel during the inline steps', () => {
  const cancelled = { firstSignal: operations.cancel }
  const mail = call('mail', ['a'])

  it('undoes what a frozen worker may have done when the inline failed', async () => {
    const plan = [row('a'), mail, call('long', ['a'], 60_000)]
    const steps = scriptedSteps(plan, { 'inline-steps': [failure()] })
    const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(steps.calls).toEqual([
      ...['inline-steps', 'record-ending cancelling'],
      ...['undo-mail', 'undo-a', 'record-ending cancelled'],
    ])
  })

  it('undoes what a call that failed may have done', async () => {
    const plan = [row('a'), mail]
    const steps = scriptedSteps(plan, { mail: [failure({ class: 'unknown_outcome' })] })
    const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(steps.calls.slice(2)).toEqual([
      ...['record-ending cancelling', 'undo-mail', 'undo-a', 'record-ending cancelled'],
    ])
  })

  it('says of a call that is never undone that it may have happened', async () => {
    const plan = [row('a'), { ...mail, undo: 'keep' as const }]
    const steps = scriptedSteps(plan, { mail: [failure({ class: 'unknown_outcome' })] })
    const shown = await withRun(
      plan,
      steps,
      async ({ handle, outcome }) => {
        await outcome()
        return handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
      },
      cancelled,
    )
    expect(shown.currentDetails).toContain('mail (`mail`): It is not known whether this step took effect.')
  })
})
