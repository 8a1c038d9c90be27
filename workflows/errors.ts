import { defineError } from '../domain/errors/error-declaration.ts'

// Failures of a step that its activity could not report.

export const workerSilent = defineError({
  code: 'worker_silent',
  class: 'retryable',
  message: 'The worker that ran the step stopped answering: it was stopped, or lost its connection.',
  nextAction: 'Check that a worker runs and reaches Temporal and the database, then retry.',
})

export const stepNotRun = defineError({
  code: 'step_not_run',
  class: 'retryable',
  message: 'No worker could run the step.',
  nextAction: 'Check that a worker that has this step runs and reaches its database, then retry.',
})

/** The failure with which the workflow of a refused run closes. */
export const onboardingRefused = defineError({
  code: 'onboarding_refused',
  message: 'The request was refused before anything was changed.',
})

// Refusals of a decision. `invalid_state`: the decision does not apply to the present state of the run.

export const retryCannotHelp = defineError({
  code: 'invalid_state',
  message:
    'Step {step} failed with an error that a retry cannot fix. Skip the step if it is optional, or cancel the run.',
})

export const skipWithoutStep = defineError({
  code: 'invalid_state',
  message: 'A skip must name a step and give a reason: {example}.',
})

export const skipWithoutReason = defineError({
  code: 'invalid_state',
  message: 'A skip must give a reason: {example}.',
})

export const stepNotOptional = defineError({
  code: 'invalid_state',
  message: 'Step {step} is not optional, so it cannot be skipped. Retry it, or cancel the run.',
})

export const alreadyEnding = defineError({
  code: 'invalid_state',
  message: 'The run is already ending, so it cannot be cancelled.',
})

export const undoNotAnswered = defineError({
  code: 'invalid_state',
  message: 'Some steps are undone only on request. Send the cancel again with an answer for each: {answers}.',
})

export const payloadNotValid = defineError({
  code: 'invalid_state',
  message: 'The payload is not valid. {advice}',
})

export const payloadFieldNotValid = defineError({
  code: 'invalid_state',
  message: 'The field "{field}" of the payload is not valid. {advice}',
})

export const cancelTakesNoStep = defineError({
  code: 'invalid_state',
  message: 'A cancel ends the whole run, so it cannot name a step. {advice}',
})

export const correctionNotHere = defineError({
  code: 'invalid_state',
  message: 'A correction holds personal data, so it cannot be sent to the workflow. Send it through the API.',
})

export const signalUnknown = defineError({
  code: 'invalid_state',
  message: 'The signal does not exist. The signals are {signals}.',
})

export const cancelTooLate = defineError({
  code: 'invalid_state',
  message: 'The run was {status} before it received the cancel.',
})

// `not_waiting`: the step is not stuck, or the workflow does not know yet that it is; the step journal knows it a moment earlier.

export const noStepWaits = defineError({
  code: 'not_waiting',
  message: 'No step of the run needs attention, so there is nothing to retry.',
})

export const stepDoesNotWait = defineError({
  code: 'not_waiting',
  message: 'Step {step} does not need attention.',
})

export const noLongerStuck = defineError({
  code: 'not_waiting',
  message: 'A step that needed attention when you decided no longer does. Read the run again.',
})
