import { StepError } from '../plugin-contract.ts'

/** Retryable, also when the provider may have got the call: it knows the key, so a repeat has no second effect. */
export function noAnswer(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'billing_no_answer',
    message: 'The billing provider could not be reached, or gave no answer in time.',
    nextAction: 'Look at BILLING_HTTP_URL and at the provider; then retry if it needs attention.',
  })
}

export function stoppedBefore(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'billing_not_called',
    message: 'The attempt was over before the billing provider was called.',
    nextAction: 'Look at how busy the worker is; then retry if it needs attention.',
  })
}

/** Nobody tries again by itself after this one, so what the call did has to be looked up. */
export function stoppedDuring(): StepError {
  return new StepError({
    class: 'unknown_outcome',
    code: 'billing_outcome_unknown',
    message: 'The attempt ended while the billing provider was working on the call.',
    nextAction: 'Retry, or cancel: either way the provider is asked first what it did.',
  })
}

export function unreadable(path: PropertyKey[]): StepError {
  const where =
    path.length === 0 ? 'is not a JSON object of the right shape' : `has no usable ${path.join('.')}`
  return new StepError({
    class: 'retryable',
    code: 'billing_answer_unreadable',
    message: `The billing provider’s answer ${where}.`,
    nextAction: 'Correct the provider; docs/billing-http.md says what it answers. Then retry.',
  })
}
