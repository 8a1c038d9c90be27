import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { bill, call, errorText, failing, keptCall, ownBill, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

describe.each([
  ['a transactional step', row],
  ['an external step', call],
  ['a step with a transactional billing adapter', ownBill],
  ['a step with an external billing adapter', bill],
])('undoing %s', (_, step) => {
  const compensate = `compensate ${step.id}`

  test('is recorded, and happens once', async () => {
    await runner.finish(step)
    const before = await runner.entry(step)
    expect(await runner.undo(step)).toBe('compensated')
    expect(await runner.undo(step)).toBe('compensated')
    expect(runner.calls.filter((each) => each === compensate)).toHaveLength(1)
    const after = await runner.entry(step)
    expect(after).toMatchObject({
      status: 'compensated',
      attempts: 1,
      intentAt: null,
      output: before?.output,
    })
    expect(after?.attemptToken).not.toBe(before?.attemptToken)
  })

  test('gets the input and the output of the step, and an idempotency key of its own', async () => {
    await runner.finish(step)
    const output = (await runner.entry(step))?.output
    await runner.undo(step)
    const received = runner.argumentsOf(compensate)
    expect(received).toMatchObject({
      context: { runId: runner.runId, idempotencyKey: `${runner.runId}:${step.id}:1:undo`, retries: 0 },
      input: { company: { name: 'Northwind' } },
      output,
    })
    expect('transaction' in received.context).toBe(step.placement === 'transactional')
  })

  test('does nothing when the step never began', async () => {
    expect(await runner.undo(step)).toBe('kept')
    expect(runner.calls).toEqual([])
    expect(await runner.entry(step)).toBeUndefined()
  })

  test('does nothing when the step failed without an effect', async () => {
    await runner.getStuck(step)
    expect(await runner.undo(step)).toBe('kept')
    expect(runner.calls).not.toContain(compensate)
    expect((await runner.entry(step))?.status).toBe('needs_attention')
  })

  test('may return an output for the steps that are undone after it', async () => {
    await runner.finish(step)
    const output = step.id === 'row' ? { undoneAs: 'row-0' } : { crmId: 'crm-0' }
    runner.script.set(compensate, () => ({ ...output, undeclared: 1 }))
    await runner.undo(step)
    expect((await runner.entry(step))?.output).toEqual(output)
  })

  test('waits for a person when it fails, and happens after a retry', async () => {
    await runner.finish(step)
    runner.script.set(compensate, failing('needs_input'))
    expect(await failureOf(runner.undo(step))).toMatchObject({
      type: errorText.code,
      nonRetryable: true,
      details: [{ recorded: true, refused: false }],
    })
    expect(await runner.entry(step)).toMatchObject({
      status: 'needs_attention',
      attempts: 2,
      error: { class: 'needs_input', ...errorText },
    })
    runner.script.clear()
    await runner.decide('retry', step, 'cancelling')
    expect(await runner.status()).toBe('cancelling')
    expect(await runner.undo(step)).toBe('compensated')
    expect(await runner.entry(step)).toMatchObject({ status: 'compensated', error: null })
  })

  test('succeeds when it fails but another attempt has undone the step', async () => {
    await runner.finish(step)
    runner.script.set(compensate, async () => {
      await runner.updateSteps({ status: 'compensated' })
      return failing('needs_input')()
    })
    expect(await runner.undo(step)).toBe('compensated')
    expect((await runner.entry(step))?.status).toBe('compensated')
  })

  test('can be retried after an error of any class, and never ends the run as failed', async () => {
    await runner.finish(step)
    for (const errorClass of ['needs_input', 'terminal'] as const) {
      runner.script.set(compensate, failing(errorClass, { fields: [{ pointer: '/x', message: 'No.' }] }))
      expect(await failureOf(runner.undo(step))).toMatchObject({
        details: [{ class: errorClass, retry: 'as_is', recorded: true, refused: false }],
      })
      expect(await runner.status()).toBe('needs_attention')
    }
  })

  test('is tried again when its output does not fit the schema', async () => {
    await runner.finish(step)
    runner.script.set(compensate, () => ({ crmId: 7, organizationId: 7 }))
    expect(await failureOf(runner.undo(step))).toMatchObject({
      type: 'unusable_step_output',
      nonRetryable: false,
    })
    expect((await runner.entry(step))?.status).toBe('retrying')
  })

  test('does not happen on a worker that does not have the version of a done step', async () => {
    await runner.finish(step)
    const elsewhere = { ...step, version: 2 }
    expect(await failureOf(runner.undo(elsewhere))).toMatchObject({ type: 'step_missing' })
    expect(runner.calls).toEqual([])
  })
})

test('a step without compensate is kept', async () => {
  await runner.finish(keptCall)
  expect(await runner.undo(keptCall)).toBe('kept')
  expect((await runner.entry(keptCall))?.status).toBe('done')
})

test('a step that never began is kept, also by a worker that does not have it', async () => {
  expect(await runner.undo(plannedStep('elsewhere'))).toBe('kept')
})

test('an undoing gets the outputs of the steps undone before it, and no output of a stuck undoing', async () => {
  await runner.run(row)
  await runner.run(call)
  runner.script.set('compensate call', () => ({ crmId: 'crm-0' }))
  await runner.undo(call)
  await runner.undo(row)
  expect(runner.argumentsOf('compensate row').input).toMatchObject({ crmId: 'crm-0' })

  await runner.accept([row, call])
  await runner.run(row)
  await runner.finish(call)
  runner.script.set('compensate call', failing('unknown_outcome'))
  await failureOf(runner.undo(call))
  await runner.undo(row)
  expect(runner.argumentsOf('compensate row').input).not.toHaveProperty('crmId')
})

test.each([
  ['an external step is planned as transactional', call, plannedStep('call', { placement: 'transactional' })],
  ['a transactional step is planned as external', row, plannedStep('row')],
])('a step is not undone when %s', async (_, done, wrong) => {
  await runner.finish(done)
  expect((await failureOf(runner.undo(wrong))).type).toBe('unexpected')
  expect(runner.calls).toEqual([])
})
