import { defineError } from '../errors/error-declaration.ts'

/** The common part of the errors with this code. The `message` of each one names the state. */
export const invalidState = {
  code: 'invalid_state',
  status: 409,
  title: 'The current state does not allow the request',
  nextAction: 'Read the resource again, and decide by its current state.',
} as const

export const runNotCancellable = defineError({
  ...invalidState,
  message: 'The run is {status}, so it cannot be cancelled.',
})

export const noStepNeedsAttention = defineError({
  ...invalidState,
  message: 'The run is {status}, and none of its steps needs attention.',
})

export const stepNeedsNoAttention = defineError({
  ...invalidState,
  message: 'The step is {status}, so it does not need attention.',
})

/** For a bulk decision on a step that some of its runs do not have. */
export const stepNotInRun = defineError({
  ...invalidState,
  message: 'The run does not have this step.',
})

export const stepRequired = defineError({
  ...invalidState,
  message: 'The step is not optional, so it cannot be skipped.',
  nextAction: 'Retry the step, or cancel the run.',
})

export const retryWouldFail = defineError({
  ...invalidState,
  message: 'A retry would fail with the same error. Failed steps: {failures}.',
  nextAction:
    'Cancel the run, which undoes what was done: send the same request to `/cancel` in place of `/retry`.',
})
