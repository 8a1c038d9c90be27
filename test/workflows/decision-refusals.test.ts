import { describe, expect, test } from 'vitest'
import {
  checkCancel,
  checkRetry,
  checkSkip,
  retryable,
  skippable,
} from '../../workflows/decision-refusals.ts'
import {
  noteCancel,
  newRun,
  noteDecision,
  type RunState,
  claimDecision,
  waitForPerson,
} from '../../workflows/run-state.ts'
import { plannedStep } from '../builders/planned-step.ts'

/** A run of the steps a, b (optional) and c. Steps in `waiting` may be retried; steps in `terminal` failed for good. */
function aRun({ waiting = [], terminal = [] }: { waiting?: string[]; terminal?: string[] }): RunState {
  const run = newRun('onb_1', [plannedStep('a'), plannedStep('b', { optional: true }), plannedStep('c')])
  for (const state of run.steps) {
    const { id } = state.step
    if (!waiting.includes(id) && !terminal.includes(id)) continue
    waitForPerson(state)
    const verdict = terminal.includes(id)
      ? ({ class: 'terminal', retry: 'refused' } as const)
      : ({ class: 'needs_input', retry: 'as_is' } as const)
    state.error = { ...verdict, code: 'no', message: 'No.', nextAction: 'Ask.' }
  }
  return run
}
const stateOf = (run: RunState, id: string) => {
  const state = run.steps.find(({ step }) => step.id === id)
  if (state === undefined) throw new Error(`There is no step ${id}.`)
  return state
}
const decide = (run: RunState, id: string) => {
  stateOf(run, id).decision = noteDecision(run, { action: 'retry', source: 'api', step: id, actor: 'key_1' })
}
const ids = (states: { step: { id: string } }[]) => states.map(({ step }) => step.id)

describe('a retry', () => {
  test('applies to the step that it names, or to every step that waits', () => {
    const run = aRun({ waiting: ['a', 'c'] })
    expect(ids(retryable(run, {}))).toEqual(['a', 'c'])
    expect(ids(retryable(run, { step: 'c' }))).toEqual(['c'])
    expect([checkRetry(run, {}), checkRetry(run, { step: 'a' })]).toEqual([undefined, undefined])
  })

  test('is refused when no step waits', () => {
    expect(checkRetry(aRun({}), {})).toEqual({
      type: 'not_waiting',
      words: 'No step of the run needs attention, so there is nothing to retry.',
    })
    expect(checkRetry(aRun({ waiting: ['a'] }), { step: 'b' })).toEqual({
      type: 'not_waiting',
      words: 'Step b does not need attention.',
    })
  })

  test('is refused after another decision, and the refusal names that decision', () => {
    const run = aRun({ waiting: ['a'] })
    decide(run, 'a')
    expect(checkRetry(run, { step: 'a' })).toEqual({
      type: 'not_waiting',
      words: 'Step a does not need attention. The last decision was: retry of a, by key_1.',
    })
    claimDecision(stateOf(run, 'a'))
    expect(checkRetry(run, { step: 'a' })?.type).toBe('not_waiting')
  })

  test('is refused for a step with a terminal failure, and taken for the other steps', () => {
    const run = aRun({ waiting: ['a'], terminal: ['c'] })
    expect(ids(retryable(run, {}))).toEqual(['a'])
    expect(checkRetry(run, {})).toBeUndefined()
    expect(checkRetry(run, { step: 'c' })).toEqual({
      type: 'invalid_state',
      words: expect.stringContaining('Step c failed with an error that a retry cannot fix.'),
    })
  })

  test('is refused once a cancel was taken, though a step is still stuck', () => {
    const run = aRun({ waiting: ['a'] })
    noteCancel(run, { source: 'clock' })
    expect(checkRetry(run, {})?.words).toContain('The last decision was: cancel, by the clock.')
  })
})

describe('a skip', () => {
  const reason = 'no need'

  test('is taken for an optional step that waits, and needs a reason', () => {
    const run = aRun({ waiting: ['a', 'b'] })
    expect(checkSkip(run, { step: 'b', reason })).toBeUndefined()
    expect(skippable(run, { step: 'b' })).toBe(stateOf(run, 'b'))
    expect(checkSkip(run, { step: 'b' })).toEqual({
      type: 'invalid_state',
      words: expect.stringContaining('must give a reason'),
    })
  })

  test('has to name its step', () => {
    const run = aRun({ waiting: ['b'] })
    expect(checkSkip(run, { reason })?.words).toContain('must name a step')
    expect(skippable(run, {})).toBeUndefined()
  })

  test('is refused for a step that does not wait, and for a required step', () => {
    const run = aRun({ waiting: ['a'] })
    expect(checkSkip(run, { step: 'b', reason })).toEqual({
      type: 'not_waiting',
      words: 'Step b does not need attention.',
    })
    expect(skippable(run, { step: 'b' })).toBeUndefined()
    expect(checkSkip(run, { step: 'a', reason })).toEqual({
      type: 'invalid_state',
      words: expect.stringContaining('cannot be skipped'),
    })
  })

  test('is taken for a required step whose undoing failed', () => {
    const run = aRun({ waiting: ['a'] })
    run.phase = 'cancelling'
    expect(checkSkip(run, { step: 'a', reason })).toBeUndefined()
    expect(checkSkip(run, { step: 'a' })?.words).toContain('must give a reason')
  })
})

const aRunWithQuestions = () => {
  const run = newRun('onb_1', [
    plannedStep('a', { undo: 'ask' }),
    plannedStep('b', { undo: 'ask' }),
    plannedStep('c'),
  ])
  stateOf(run, 'a').status = 'done'
  return run
}

describe('a cancel', () => {
  test('is taken from a run that is open, stuck or not', () => {
    expect(checkCancel(aRun({}), {})).toBeUndefined()
    expect(checkCancel(aRun({ waiting: ['a'] }), { stuck: ['a'] })).toBeUndefined()
  })

  test('needs an answer for each step that has begun and has the undo policy `ask`', () => {
    expect(checkCancel(aRunWithQuestions(), { undo: { a: 'keep' } })).toBeUndefined()
    expect(checkCancel(aRunWithQuestions(), {})).toEqual({
      type: 'invalid_state',
      words: expect.stringContaining('{ "undo": { "a":"undo" or "keep" } }'),
    })
    const both = aRunWithQuestions()
    stateOf(both, 'b').status = 'running'
    expect(checkCancel(both, { undo: { c: 'undo' } })?.words).toContain(
      '"a":"undo" or "keep", "b":"undo" or "keep"',
    )
  })

  test('is refused once the run ends', () => {
    const run = aRun({})
    noteCancel(run, { source: 'signal' })
    expect(checkCancel(run, {})).toEqual({
      type: 'invalid_state',
      words:
        'The run is already ending, so it cannot be cancelled. The last decision was: cancel, by a signal.',
    })
    const ended = aRun({})
    ended.phase = 'completed'
    expect(checkCancel(ended, {})).toEqual({
      type: 'invalid_state',
      words: 'The run is already ending, so it cannot be cancelled.',
    })
  })

  test('that names the stuck steps is refused when one of them is no longer stuck', () => {
    const run = aRun({ waiting: ['a'] })
    expect(checkCancel(run, { stuck: ['a', 'c'] })).toEqual({
      type: 'not_waiting',
      words: 'A step that needed attention when you decided no longer does. Read the run again.',
    })
    decide(run, 'a')
    expect(checkCancel(run, { stuck: ['a'] })?.type).toBe('not_waiting')
  })
})

test('a refusal names the API as the actor of a decision that has no actor', () => {
  const run = aRun({ waiting: ['a'] })
  stateOf(run, 'a').decision = noteDecision(run, { action: 'retry', source: 'api' })
  expect(checkRetry(run, {})?.words).toBe(
    'No step of the run needs attention, so there is nothing to retry. The last decision was: retry, by the API.',
  )
})
