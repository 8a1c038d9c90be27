import { describe, expect, test } from 'vitest'
import { blindCall, call, failing, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

describe('undoing a call whose answer was lost', () => {
  test.each(['happened', 'either'])('undoes the effect when its lookup answers `%s`', async (outcome) => {
    await runner.getStuck(call, 'unknown_outcome')
    runner.script.set('lookup call', () => ({ outcome, result: { output: { crmId: 'found' } } }))
    expect(await runner.undo(call)).toBe('compensated')
    expect(runner.calls).toEqual(['lookup call', 'compensate call'])
    expect(runner.argumentsOf('compensate call').output).toEqual({ crmId: 'found' })
    expect(runner.argumentsOf('lookup call')).toMatchObject({
      context: { idempotencyKey: `${runner.runId}:call:1` },
      input: { company: { name: 'Northwind' } },
    })
  })

  test('does nothing when its lookup finds that it never arrived', async () => {
    await runner.getStuck(call, 'unknown_outcome')
    expect(await runner.undo(call)).toBe('kept')
    expect(runner.calls).toEqual(['lookup call'])
    expect(await runner.entry(call)).toMatchObject({
      status: 'pending',
      attempts: 1,
      intentAt: null,
      output: null,
      error: { class: 'unknown_outcome' },
    })
  })

  test('waits for a person when the step has no lookup', async () => {
    await runner.accept([row, blindCall])
    await runner.getStuck(blindCall, 'unknown_outcome')
    const failure = await failureOf(runner.undo(blindCall))
    expect(failure).toMatchObject({ type: 'undo_outcome_unknown', nonRetryable: true })
    expect(await runner.entry(blindCall)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      error: { class: 'unknown_outcome' },
    })
    await runner.decide('retry', blindCall, 'cancelling')
    expect(await runner.undo(blindCall)).toBe('kept')
    expect(runner.calls).toEqual([])
  })

  test('waits for a person when its lookup answers `unknown`', async () => {
    await runner.getStuck(call, 'unknown_outcome')
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    expect((await failureOf(runner.undo(call))).type).toBe('undo_outcome_unknown')
  })

  test('makes no lookup when the step is done', async () => {
    await runner.finish(call)
    await runner.undo(call)
    expect(runner.calls).toEqual(['compensate call'])
  })
})

test('a terminal error of an undoing waits for a person, also when no step is done', async () => {
  await runner.getStuck(call, 'unknown_outcome')
  runner.script.set('lookup call', failing('terminal'))
  expect(await failureOf(runner.undo(call))).toMatchObject({ details: [{ recorded: true, refused: false }] })
  expect(await runner.status()).toBe('needs_attention')
})
