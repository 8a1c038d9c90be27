import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { bill, blindCall, call, failing, ownBill, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

const refuse = failing('needs_input')

describe('an external step', () => {
  test('has its intent in the step journal during its call', async () => {
    runner.script.set('execute call', async () => {
      const [entry] = await runner.stepRows()
      expect(entry).toMatchObject({ status: 'running', attempts: 1, finished_at: null })
      expect(entry?.intent_at).toEqual(entry?.started_at)
      return { output: { crmId: 'crm-2' } }
    })
    await runner.run(call)
    expect(await runner.entry(call)).toMatchObject({ intentAt: null, output: { crmId: 'crm-2' } })
  })

  test('makes no call when its input is invalid', async () => {
    await runner.accept([row, call], { name: '' })
    const failure = await failureOf(runner.run(call))
    expect([failure.type, failure.nonRetryable]).toEqual(['invalid_step_input', true])
    expect(runner.calls).toEqual([])
    expect(await runner.entry(call)).toMatchObject({
      status: 'needs_attention',
      attempts: 1,
      intentAt: null,
      error: { class: 'needs_input', fields: [{ pointer: '/company/name' }] },
    })
    const events = (await runner.events()).filter(({ type }) => type === 'step')
    expect(events).toMatchObject([{ data: { status: 'needs_attention' } }])
  })

  test('is done without a second call when its lookup finds the call whose answer was lost', async () => {
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({
      outcome: 'happened',
      result: { output: { crmId: 'found', undeclared: 1 }, externalReference: 'ref-7' },
    }))
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call', 'lookup call'])
    expect(await runner.entry(call)).toMatchObject({
      status: 'done',
      attempts: 2,
      output: { crmId: 'found' },
    })
  })

  test.each(['absent', 'either'])('makes its call again when its lookup answers `%s`', async (outcome) => {
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({ outcome, result: { output: { crmId: 'found' } } }))
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call', 'lookup call', 'execute call'])
    expect((await runner.entry(call))?.output).toEqual({ crmId: 'crm-1' })
  })

  test.each([
    ['its lookup answers `unknown`', call, () => ({ outcome: 'unknown' })],
    ['it has no lookup', blindCall, undefined],
  ])('needs a person after a lost answer when %s', async (_, step, lookup) => {
    await runner.accept([step])
    await runner.loseAnswer(step)
    if (lookup !== undefined) runner.script.set(`lookup ${step.id}`, lookup)
    const failure = await failureOf(runner.run(step))
    expect([failure.type, failure.nonRetryable]).toEqual(['outcome_unknown', true])
    expect(runner.calls.filter((each) => each.startsWith('execute'))).toHaveLength(1)
    expect(await runner.entry(step)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      error: { class: 'unknown_outcome' },
    })
  })

  test('is not looked up at its first attempt', async () => {
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call'])
  })

  test('records nothing when a newer attempt began during its call', async () => {
    runner.script.set('execute call', async () => {
      await runner.updateSteps({ attempt_token: randomUUID() })
      return { output: { crmId: 'too-late' } }
    })
    expect(await failureOf(runner.run(call))).toMatchObject({
      type: 'attempt_superseded',
      nonRetryable: false,
    })
    expect(await runner.entry(call)).toMatchObject({ status: 'running', output: null })
  })

  test('keeps the output that another attempt recorded during its call', async () => {
    runner.script.set('execute call', async () => {
      await runner.updateSteps({ status: 'done', output: JSON.stringify({ crmId: 'first' }) })
      return { output: { crmId: 'second' } }
    })
    await runner.run(call)
    expect((await runner.entry(call))?.output).toEqual({ crmId: 'first' })
  })
})

describe('a call that ends late', () => {
  test.each(['cancelling', 'cancelled', 'failed'] as const)(
    'keeps the status of its run and its intent when the run is %s',
    async (status) => {
      await runner.accept([call])
      runner.script.set('execute call', async () => {
        await runner.setStatus(status)
        return { output: { crmId: 'crm-1' } }
      })
      expect((await failureOf(runner.run(call))).type).toBe('attempt_superseded')
      expect(await runner.status()).toBe(status)
      // The intent stays, so that the undoing looks the call up.
      expect(await runner.entry(call)).toMatchObject({
        status: 'running',
        intentAt: expect.any(Date),
        output: null,
      })
    },
  )

  test.each(['cancelled', 'failed'] as const)(
    'needs no person when it fails and its run is %s',
    async (status) => {
      await runner.accept([call])
      runner.script.set('execute call', async () => {
        await runner.setStatus(status)
        refuse()
      })
      await failureOf(runner.run(call))
      expect(await runner.status()).toBe(status)
    },
  )

  test('keeps its intent when its lookup answered `either` and the second call was refused', async () => {
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({ outcome: 'either', result: { output: { crmId: 'found' } } }))
    runner.script.set('execute call', refuse)
    await failureOf(runner.run(call))
    expect((await runner.entry(call))?.intentAt).toEqual(expect.any(Date))
  })
})

describe('a step with the placement `by-billing-adapter`', () => {
  test('runs in our transaction and records its rows there when the adapter is transactional', async () => {
    await runner.accept([ownBill])
    await runner.run(ownBill)
    expect(runner.calls).toEqual(['execute bill', 'record bill'])
    expect(runner.argumentsOf('execute bill').context).toHaveProperty('transaction')
    expect(runner.argumentsOf('record bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
    expect(runner.argumentsOf('record bill').context).toHaveProperty('transaction')
    expect((await runner.entry(ownBill))?.status).toBe('done')
  })

  test.each([
    ['a transactional', plannedStep('bare-bill', { placement: 'transactional' })],
    ['an external', plannedStep('bare-bill')],
  ])('may record no rows, with %s adapter', async (_, step) => {
    await runner.accept([step])
    await runner.run(step)
    expect(runner.calls).toEqual(['execute bare-bill'])
    expect((await runner.entry(step))?.status).toBe('done')
  })

  test('keeps its intent when its call succeeded and its rows could not be recorded', async () => {
    await runner.accept([bill])
    runner.script.set('record bill', refuse)
    await failureOf(runner.run(bill))
    expect(await runner.entry(bill)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      output: null,
    })
  })

  test('calls an external adapter outside of our transaction, and records its rows with the result', async () => {
    await runner.accept([bill])
    runner.script.set('record bill', async () => {
      expect((await runner.stepRows()).map(({ status }) => status)).toEqual(['running'])
    })
    await runner.run(bill)
    expect(runner.calls).toEqual(['execute bill', 'record bill'])
    expect(runner.argumentsOf('execute bill').context).not.toHaveProperty('transaction')
    expect(runner.argumentsOf('record bill').context).toHaveProperty('transaction')
    expect(runner.argumentsOf('record bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
  })
})
