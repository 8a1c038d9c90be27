import { describe, expect, it } from 'vitest'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { decisionNames } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { runsUnderTest } from './harness.ts'
import { failure, type Script, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const row = (id: string, needs: string[] = []) => plannedStep(id, { placement: 'transactional', needs })
const call = (id: string, needs: string[] = [], timeout = 10_000) => plannedStep(id, { needs, timeout })

/** Runs the plan. @returns the steps given to the activity of the inline steps, and those run by their own activity. */
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

describe('the inline steps of a plan', () => {
  it.each([
    ['transactional steps that need only transactional steps', [row('a'), row('b', ['a'])], ['a', 'b']],
    [
      'short external steps that need nothing or only transactional steps',
      [row('a'), call('b'), call('c', ['a'])],
      ['a', 'b', 'c'],
    ],
    [
      'external steps with a timeout of at most fifteen seconds',
      [call('a', [], 15_000), call('b', [], 15_001)],
      ['a'],
    ],
    ['no external step that needs another one', [call('a'), call('b', ['a'])], ['a']],
    [
      'no transactional step that needs an external one, directly or not',
      [call('a'), row('b', ['a']), row('c', ['b'])],
      ['a'],
    ],
    [
      'no step that needs both a transactional and an external one',
      [row('a'), call('b'), call('c', ['a', 'b']), row('d', ['a', 'b'])],
      ['a', 'b'],
    ],
  ])('are %s', async (_, plan, taken) => {
    const { inline, alone } = await inlineStepsOf(plan)
    expect(inline).toEqual(taken)
    expect(new Set(alone)).toEqual(new Set(plan.map(({ id }) => id).filter((id) => !taken.includes(id))))
  })

  it('may be none, and then their activity does not run', async () => {
    expect(await inlineStepsOf([call('a', [], 60_000)])).toEqual({ inline: undefined, alone: ['a'] })
  })
})

const play = (script: Script) => {
  const plan = [call('mail')]
  const steps = scriptedSteps(plan, { mail: script })
  return { plan, steps }
}

describe('an inline step that failed', () => {
  it('waits for a person when its error needs one', async () => {
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
      await run.handle.signal(decisionNames.retry)
      await run.outcome()
      expect((await run.progress()).steps).toEqual([{ id: 'mail', title: 'mail', status: 'done' }])
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'record-retry mail', 'mail'])
  })

  it('is tried again by its own activity when its error is retryable', async () => {
    const { plan, steps } = play([failure({ recorded: false }), 'succeed'])
    await withRun(plan, steps, (run) => run.outcome())
    expect(steps.calls).toEqual(['inline-steps', 'mail', 'mail'])
  })

  it('ends the run as failed when it refused the request', async () => {
    const { plan, steps } = play([failure({ class: 'terminal', recorded: true, refused: true })])
    await withRun(plan, steps, async (run) => {
      await expect(run.outcome()).rejects.toMatchObject({ cause: { type: 'onboarding_refused' } })
      expect((await run.progress()).status).toBe('failed')
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })

  it('ends the run as failed even when its refusal could not be recorded', async () => {
    const { plan, steps } = play([failure({ class: 'terminal', recorded: false, refused: true })])
    await withRun(plan, steps, async (run) => {
      await expect(run.outcome()).rejects.toMatchObject({ cause: { type: 'onboarding_refused' } })
    })
    expect(steps.calls).toEqual(['inline-steps', 'mail'])
  })
})

it('a cancel that arrives during the inline steps undoes them and starts no other step', async () => {
  const plan = [row('a'), call('long', ['a'], 60_000)]
  const steps = scriptedSteps(plan)
  const cancelled = { firstSignal: decisionNames.cancel }
  const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
  expect(outcome).toEqual({ status: 'cancelled' })
  expect(steps.calls).toEqual([
    'inline-steps',
    ...['record-ending cancelling', 'undo-a', 'record-ending cancelled'],
  ])
})

it('a cancel after inline steps whose result was lost also undoes the inline steps that did not run again', async () => {
  const plan = [row('a'), row('b', ['a']), call('long', ['b'], 60_000)]
  const refused = failure({ class: 'needs_input' })
  const steps = scriptedSteps(plan, { 'inline-steps': [failure()], a: [refused] })
  await withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await run.handle.signal(decisionNames.cancel)
    expect(await run.outcome()).toEqual({ status: 'cancelled' })
  })
  expect(steps.calls).toEqual([
    ...['inline-steps', 'a', 'record-ending cancelling'],
    ...['undo-b', 'undo-a', 'record-ending cancelled'],
  ])
})

describe('a cancel during the inline steps', () => {
  const cancelled = { firstSignal: decisionNames.cancel }
  const mail = call('mail', ['a'])

  it('undoes every inline step when their activity failed, because a frozen worker may have done them', async () => {
    const plan = [row('a'), mail, call('long', ['a'], 60_000)]
    const steps = scriptedSteps(plan, { 'inline-steps': [failure()] })
    const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(steps.calls).toEqual([
      ...['inline-steps', 'record-ending cancelling'],
      ...['undo-mail', 'undo-a', 'record-ending cancelled'],
    ])
  })

  it('undoes a failed call whose outcome is unknown', async () => {
    const plan = [row('a'), mail]
    const steps = scriptedSteps(plan, { mail: [failure({ class: 'unknown_outcome' })] })
    const outcome = await withRun(plan, steps, (run) => run.outcome(), cancelled)
    expect(outcome).toEqual({ status: 'cancelled' })
    expect(steps.calls.slice(2)).toEqual([
      ...['record-ending cancelling', 'undo-mail', 'undo-a', 'record-ending cancelled'],
    ])
  })

  it('lists a call that is never undone as not undone when its outcome is unknown', async () => {
    const plan = [row('a'), { ...mail, undo: 'keep' as const }]
    const steps = scriptedSteps(plan, { mail: [failure({ class: 'unknown_outcome' })] })
    const shown = await withRun(
      plan,
      steps,
      async (run) => {
        await run.outcome()
        return run.details()
      },
      cancelled,
    )
    expect(shown).toContain('mail (`mail`): It is not known whether this step took effect.')
  })
})
