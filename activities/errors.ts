import { defineError } from '../domain/errors/error-declaration.ts'

export const stepMissing = defineError({
  code: 'step_missing',
  class: 'retryable',
  message: 'The worker that took this attempt does not have version {version} of the step "{step}".',
  nextAction:
    'Start a worker whose plug-ins have the step in this version (`npx tenantry doctor` lists them), then retry.',
})

export const invalidStepInput = defineError({
  code: 'invalid_step_input',
  class: 'needs_input',
  namesFields: true,
  message: 'Fields of the request that this step needs are missing or wrong.',
  nextAction: 'Retry with the named fields corrected, or cancel.',
})

/** For a step whose effect is undone with our transaction, or may be repeated. */
export const unusableStepOutput = defineError({
  code: 'unusable_step_output',
  class: 'retryable',
  message:
    'The output of “{title}” does not match the schema of the step, so the step does not count as done.',
  nextAction: 'Correct the plug-in of the step, then retry.',
})

/** For a call to a provider, which has had its effect. */
export const invalidCallResult = defineError({
  code: 'invalid_call_result',
  class: 'unknown_outcome',
  message:
    '“{title}” was carried out, but its output does not match the schema of the step and was not recorded.',
  nextAction: 'Correct the plug-in of the step, then retry. The outcome is looked up first.',
})

export const outcomeUnknown = defineError({
  code: 'outcome_unknown',
  class: 'unknown_outcome',
  message: '“{title}” was started, but its answer was lost. It may have taken effect.',
  nextAction:
    'Check whether it took effect. If not, retry to do it again. If it did, skip the step if it is optional, or cancel.',
})

export const undoOutcomeUnknown = defineError({
  code: 'undo_outcome_unknown',
  class: 'unknown_outcome',
  message: '“{title}” was started, but its answer was lost. There may be something to undo.',
  nextAction:
    'Check whether it took effect. If it did, undo it at the provider. Then retry, which counts the step as undone.',
})

export const stepTimedOut = defineError({
  code: 'step_timed_out',
  class: 'unknown_outcome',
  message: 'The step did not answer within {seconds} seconds. It may have taken effect.',
  nextAction:
    'Check whether the step took effect. A retry asks the provider first if the provider can be asked; if not, it does the step again.',
})

export const databaseUnavailable = defineError({
  code: 'database_unavailable',
  class: 'retryable',
  message: 'The database could not be reached, or was overloaded.',
  nextAction: 'Make the database available. If the step needs attention, retry.',
})

export const unexpected = defineError({
  code: 'unexpected',
  class: 'retryable',
  message: 'The step failed with an error that the plug-in did not classify.',
  nextAction:
    'Search the log of the worker for the id of the run: `errorName` and `at` show what failed. Correct the cause, then retry.',
})

// Only Temporal shows these errors. They are no failures of a step.

export const attemptSuperseded = defineError({
  code: 'attempt_superseded',
  message: 'A newer attempt of the step has started.',
})

export const onboardingEnding = defineError({
  code: 'onboarding_ending',
  message: 'The run is {status}, so the step is not started.',
})

export const stepWaits = defineError({
  code: 'step_waits',
  message: 'The step needs attention, so it is not tried again before a person decides.',
})

export const activityMissing = defineError({
  code: 'activity_missing',
  message: 'This worker has no activity "{type}".',
})

export const monthNotBillable = defineError({
  code: 'month_not_billable',
  message: '"{month}" is not a month that has ended. Use a month such as {example}.',
})
