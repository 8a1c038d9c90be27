import { describe, expect, it } from 'vitest'
import type { TakenDecision } from '../../domain/decisions/decision.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import { type SentDecision, type Progress, searchAttributes } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, type ScriptedSteps, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const a = plannedStep('a', { placement: 'transactional' })
const stuck = plannedStep('stuck', { needs: ['a'] })
const never = plannedStep('never', { needs: ['stuck'] })
const needsInput = failure({ class: 'needs_input' })

const statuses = ({ steps }: Progress) => Object.fromEntries(steps.map(({ id, status }) => [id, status]))
/** Sends the decision until the run takes it. The status alone does not show when: the step was stuck before its undoing. */
const decideWhenStuck = (run: RunUnderTest, operation: 'retry' | 'skip', decision: SentDecision) =>
  expect
    .poll(() =>
      run.decide(operation, decision).then(
        () => 'taken',
        () => 'refused',
      ),
    )
    .toBe('taken')
const isStuckAt = (id: string) => (progress: Progress) => statuses(progress)[id] === 'needs_attention'
const undone = ({ calls }: ScriptedSteps) => calls.filter((call) => call.startsWith('undo-'))

/** The values that the search attribute of the error code was set to, in order. */
async function errorCodes({ handle }: RunUnderTest): Promise<unknown[]> {
  const { events } = await handle.fetchHistory()
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => {
    const data = upsert?.searchAttributes?.indexedFields?.[searchAttributes.errorCode]?.data
    return data == null ? [] : [JSON.parse(Buffer.from(data).toString())]
  })
}

/** Runs the plan until it is stuck, and cancels it. @returns the statuses of its steps, its details and its progress. */
async function cancel(plan: PlannedStep[], steps: ScriptedSteps, decision: SentDecision = {}) {
  return withRun(plan, steps, async (run) => {
    await run.until(({ status }) => status === 'needs_attention')
    await run.decide('cancel', decision)
    expect(await run.outcome()).toEqual({ status: 'cancelled' })
    const progress = await run.progress()
    return { ended: statuses(progress), shown: await run.details(), progress }
  })
}

describe('undoing a run', () => {
  it('undoes done steps and steps that may be done, and no step that never began', async () => {
    const plan = [a, stuck, never]
    const steps = scriptedSteps(plan, { stuck: [needsInput] })
    const { ended, progress, shown } = await cancel(plan, steps)
    expect(undone(steps)).toEqual(['undo-stuck', 'undo-a'])
    expect(ended).toEqual({ a: 'compensated', stuck: 'compensated', never: 'pending' })
    expect(progress.status).toBe('cancelled')
    expect(progress.steps.some((step) => 'error' in step)).toBe(false)
    expect(shown).toContain('**Cancelled**')
  })

  it('continues with the recorded answers when its workflow was lost, and runs no step again', async () => {
    const kept = plannedStep('kept', { undo: 'ask' })
    const asked = plannedStep('asked', { undo: 'ask' })
    const plan = [a, kept, asked, plannedStep('for-good', { undo: 'keep' })]
    const steps = scriptedSteps(plan)
    const undoing = { asked: 'undo', kept: 'keep' } as const
    const ended = await withRun(plan, steps, ({ outcome }) => outcome(), { undoing })
    expect(ended).toEqual({ status: 'cancelled' })
    expect(steps.calls).toEqual([
      'record-ending cancelling',
      'undo-asked',
      'undo-a',
      'record-ending cancelled',
    ])
  })

  it('does not undo a skipped step', async () => {
    const plan = [plannedStep('extra', { optional: true }), stuck]
    const steps = scriptedSteps(plan, { extra: [needsInput], stuck: [needsInput] })
    const ended = await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('extra'))
      await run.decide('skip', { step: 'extra', reason: 'no need' })
      await run.until((progress) => statuses(progress).extra === 'skipped' && isStuckAt('stuck')(progress))
      await run.decide('cancel')
      await run.outcome()
      return statuses(await run.progress())
    })
    expect(undone(steps)).toEqual(['undo-stuck'])
    expect(ended.extra).toBe('skipped')
  })

  it('keeps the status of a step that has nothing to undo', async () => {
    const plan = [a, stuck]
    const steps = scriptedSteps(plan, { stuck: [needsInput] })
    steps.activities['undo-a'] = async () => 'kept'
    steps.activities['undo-stuck'] = async () => 'kept'
    const { ended } = await cancel(plan, steps)
    expect(ended).toEqual({ a: 'done', stuck: 'pending' })
  })

  it.each([
    ['keeps a step with the undo policy `keep`', 'keep', {}, []],
    [
      'undoes a step with the policy `ask` when the cancel says so',
      'ask',
      { undo: { a: 'undo' } },
      ['undo-a'],
    ],
    ['keeps a step with the policy `ask` when the cancel says so', 'ask', { undo: { a: 'keep' } }, []],
  ] as const)('%s', async (_, undo, decision, expected) => {
    const plan = [
      { ...a, undo },
      { ...stuck, undo: 'keep' as const },
    ]
    const steps = scriptedSteps(plan, { stuck: [needsInput] })
    const { ended } = await cancel(plan, steps, decision)
    expect(undone(steps)).toEqual(expected)
    expect(ended.a).toBe(expected.length === 0 ? 'done' : 'compensated')
  })

  it('lists on its page the steps that are not undone, with reasons, but no read-only step', async () => {
    const kept = { needs: [], undo: 'keep' as const }
    const plan = [
      plannedStep('for-good', kept),
      plannedStep('chosen', { ...kept, undo: 'ask' }),
      plannedStep('look', { ...kept, readOnly: true }),
      plannedStep('no-way'),
      plannedStep('lost', kept),
      plannedStep('refused', kept),
    ]
    const steps = scriptedSteps(plan, {
      lost: [failure({ class: 'unknown_outcome' })],
      refused: [needsInput],
    })
    steps.activities['undo-no-way'] = async () => 'kept'
    const { shown } = await cancel(plan, steps, { undo: { chosen: 'keep' } })
    expect(shown.split('**Not undone:**')[1]?.trim().split('\n')).toEqual([
      '- for-good (`for-good`): This step is never undone.',
      '- chosen (`chosen`): This step is undone only on request, and the cancel did not request it.',
      '- no-way (`no-way`): This step cannot be undone.',
      '- lost (`lost`): It is not known whether this step took effect.',
    ])
  })

  it('keeps a step with the policy `ask` when there is no answer, as with the Cancel button of Temporal', async () => {
    const plan = [a, { ...stuck, undo: 'ask' as const }]
    const steps = scriptedSteps(plan, { stuck: [needsInput] })
    await withRun(plan, steps, async (run) => {
      await run.until(({ status }) => status === 'needs_attention')
      await run.handle.cancel()
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
    })
    expect(undone(steps)).toEqual(['undo-a'])
  })
})

describe('an undoing that fails', () => {
  const plan = [a, stuck]
  const undoingFails = failure({
    class: 'needs_input',
    code: 'undoing_failed',
    message: 'The undoing failed.',
  })
  const scripts = () => ({ stuck: [needsInput], 'undo-stuck': [undoingFails, 'succeed' as const] })

  it('waits for a person while the run is being cancelled, and continues after a retry', async () => {
    const steps = scriptedSteps(plan, scripts())
    await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('stuck'))
      await run.decide('cancel')
      await expect.poll(run.details).toContain('The undoing failed.')
      const waiting = await run.progress()
      expect([waiting.status, waiting.steps[1]?.error?.code]).toEqual(['cancelling', 'undoing_failed'])
      expect(await run.details()).toContain('Being cancelled')
      expect(undone(steps)).toEqual(['undo-stuck'])
      await run.decide('retry', { step: 'stuck' })
      await run.outcome()
      expect((await run.progress()).steps).toEqual([
        { id: 'a', title: 'a', status: 'compensated' },
        { id: 'stuck', title: 'stuck', status: 'compensated' },
      ])
    })
    expect(steps.calls.filter((call) => call.startsWith('record-attention'))).toEqual([])
    expect(undone(steps)).toEqual(['undo-stuck', 'undo-stuck', 'undo-a'])
  })

  it('is recorded by the run when the activity could not record it', async () => {
    const unrecorded = failure({ class: 'needs_input', recorded: false })
    const steps = scriptedSteps(plan, { ...scripts(), 'undo-stuck': [unrecorded, 'succeed'] })
    await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('stuck'))
      await run.decide('cancel')
      await decideWhenStuck(run, 'retry', { step: 'stuck' })
      await run.outcome()
    })
    expect(steps.calls).toContain('record-attention stuck')
  })

  it('records the decisions on it with the phase `cancelling`', async () => {
    const steps = scriptedSteps(plan, { stuck: [needsInput], 'undo-a': [needsInput, needsInput] })
    const recorded: unknown[] = []
    for (const name of ['record-retry', 'record-skip'])
      steps.activities[name] = async ({ phase }: { phase: string }, decision?: TakenDecision) => {
        recorded.push([name, phase, decision?.action])
      }
    await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('stuck'))
      await run.decide('cancel')
      await decideWhenStuck(run, 'retry', { step: 'a' })
      await decideWhenStuck(run, 'skip', { step: 'a', reason: 'They see to it.' })
      await run.outcome()
      expect(await run.details()).toContain(
        'a (`a`): Undoing this step failed, and a person decided to leave it as it is.',
      )
    })
    expect(recorded).toEqual([
      ['record-retry', 'cancelling', 'retry'],
      ['record-skip', 'cancelling', 'skip'],
    ])
  })

  it.each([
    ['a done step', 'done', 'a'],
    ['a step that may be done', 'pending', 'stuck'],
  ])('can be skipped by a person, which keeps %s', async (_, status, id) => {
    const steps = scriptedSteps(plan, { stuck: [needsInput], [`undo-${id}`]: [needsInput] })
    const ended = await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('stuck'))
      await run.decide('cancel')
      await decideWhenStuck(run, 'skip', { step: id, reason: 'They see to it.' })
      expect(await run.outcome()).toEqual({ status: 'cancelled' })
      const { steps: all } = await run.progress()
      expect(all.some((step) => 'error' in step)).toBe(false)
      return statuses(await run.progress())
    })
    expect(ended[id]).toBe(status)
    expect(steps.calls).toContain(`record-skip ${id}`)
  })

  it('is shown on the page and in the search attributes in place of the step that was stuck before the cancel', async () => {
    const kept = plannedStep('kept', { undo: 'keep' })
    const steps = scriptedSteps([kept, stuck], {
      kept: [failure({ class: 'needs_input', code: 'before' })],
      stuck: [needsInput],
      'undo-stuck': [undoingFails, 'succeed'],
    })
    const noNeeds = { ...stuck, needs: [] }
    await withRun([kept, noNeeds], steps, async (run) => {
      await run.until((progress) => isStuckAt('kept')(progress) && isStuckAt('stuck')(progress))
      await run.decide('cancel')
      await run.until(({ steps: [, undoing] }) => undoing?.error?.code === 'undoing_failed')
      expect(statuses(await run.progress())).toEqual({ kept: 'pending', stuck: 'needs_attention' })
      const shown = await run.details()
      expect(shown).toContain('**Stuck at “stuck”**')
      expect(shown).not.toContain('Stuck at “kept”')
      await run.decide('retry', { step: 'stuck' })
      await run.outcome()
      expect(statuses(await run.progress())).toEqual({ kept: 'pending', stuck: 'compensated' })
      expect((await errorCodes(run)).slice(-4)).toEqual([null, 'undoing_failed', null, null])
    })
  })

  it('does not allow a second cancel', async () => {
    const steps = scriptedSteps(plan, scripts())
    await withRun(plan, steps, async (run) => {
      await run.until(isStuckAt('stuck'))
      await run.decide('cancel')
      await expect(run.decide('cancel')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('already ending') },
      })
      await decideWhenStuck(run, 'retry', {})
      await run.outcome()
    })
  })
})
