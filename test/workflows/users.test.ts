import { describe, expect, it } from 'vitest'
import { type RunOutcome } from '../../workflows/contract.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { type RunUnderTest, runsUnderTest } from './harness.ts'
import { failure, scriptedSteps } from './scripted-steps.ts'

const { withRun } = runsUnderTest()

const validated = plannedStep('validate-user', { placement: 'transactional', undo: 'keep' })
const mail = { optional: true, undo: 'keep', timeout: 15_000 } as const
const adding = [
  validated,
  plannedStep('create-user', { placement: 'transactional', needs: ['validate-user'] }),
  plannedStep('notify-user', { ...mail, needs: ['create-user'] }),
]
const resending = [
  validated,
  plannedStep('correct-email', { placement: 'transactional', undo: 'keep', needs: ['validate-user'] }),
  plannedStep('notify-user', { ...mail, needs: ['correct-email'] }),
]
/** The runs of users wait without a limit. */
const attentionDays = null

async function cancelWhenStuck(run: RunUnderTest): Promise<RunOutcome> {
  await run.until(({ status }) => status === 'needs_attention')
  await run.decide('cancel')
  return run.outcome()
}

async function skipWhenStuck(run: RunUnderTest): Promise<RunOutcome> {
  await run.until(({ status }) => status === 'needs_attention')
  await run.decide('skip', { step: 'notify-user', reason: 'They were told by phone.' })
  return run.outcome()
}

describe('adding a user', () => {
  it('runs in one local activity when every step succeeds', async () => {
    const steps = scriptedSteps(adding)
    const options = { attentionDays, kind: 'add-user' } as const
    const outcome = await withRun(adding, steps, (run) => run.outcome(), options)
    expect([outcome.status, steps.calls]).toEqual(['completed', ['inline-steps', 'notify-user']])
  })

  it('undoes the user when the run is cancelled because its message is stuck', async () => {
    const steps = scriptedSteps(adding, { 'notify-user': [failure()] })
    const options = { attentionDays, kind: 'add-user' } as const
    expect(await withRun(adding, steps, cancelWhenStuck, options)).toEqual({ status: 'cancelled' })
    expect(steps.calls).toContain('undo-create-user')
    expect(steps.calls).not.toContain('undo-validate-user')
  })
})

describe('sending an invitation again', () => {
  it('waits for a person when the message is stuck, and completes after a skip', async () => {
    const steps = scriptedSteps(resending, { 'notify-user': [failure()] })
    const options = { attentionDays, kind: 'resend-invitation' } as const
    expect(await withRun(resending, steps, skipWhenStuck, options)).toEqual({ status: 'completed' })
  })
})
