import { defineError } from '../plugin-contract.ts'

export const billingRedirected = defineError({
  code: 'billing_redirected',
  class: 'retryable',
  message: 'The billing provider answered with a redirect (HTTP status {status}), which is not followed.',
  nextAction: 'Set BILLING_HTTP_URL to the final address of the provider, restart the workers, then retry.',
})

/**
 * The error is retryable, although a person has to correct the secret first. A terminal error would refuse the retry after that,
 * and `needs_input` would ask for a correction of the request.
 */
export const billingCredentialsRefused = defineError({
  code: 'billing_credentials_refused',
  class: 'retryable',
  message: 'The billing provider did not accept our signature (HTTP status {status}).',
  nextAction: 'Set BILLING_HTTP_SECRET to the same value on both sides, restart the workers, then retry.',
})

export const billingRateLimited = defineError({
  code: 'billing_rate_limited',
  class: 'retryable',
  message: 'The billing provider refused the call because of its rate limit (HTTP status 429).',
  nextAction: 'Wait, or ask the provider for a higher rate limit. If the step needs attention, retry.',
})

export const billingUnavailable = defineError({
  code: 'billing_unavailable',
  class: 'retryable',
  message: 'The billing provider is not available (HTTP status {status}).',
  nextAction: 'Check the billing provider. If the step needs attention, retry.',
})

/** For an answer without a code of the provider's own. */
export const billingInputRefused = defineError({
  code: 'billing_input_refused',
  class: 'needs_input',
  namesFields: true,
  message: 'The billing provider refused the fields of the call (HTTP status 422): {detail}',
  nextAction: 'Correct the named fields, or what the provider says, then retry; or cancel.',
})

/** For an answer without a code of the provider's own. */
export const billingRefused = defineError({
  code: 'billing_refused',
  class: 'terminal',
  message: 'The billing provider refused the call (HTTP status {status}): {detail}',
  nextAction: 'Ask the billing provider for the reason, then cancel.',
})

/** The error is retryable even if the provider got the call: the provider knows the key, so a repeat has no second effect. */
export const billingNoAnswer = defineError({
  code: 'billing_no_answer',
  class: 'retryable',
  message: 'The billing provider could not be reached, or did not answer in time.',
  nextAction: 'Check BILLING_HTTP_URL and the provider. If the step needs attention, retry.',
})

export const billingNotCalled = defineError({
  code: 'billing_not_called',
  class: 'retryable',
  message: 'The time of the attempt was up before the billing provider was called.',
  nextAction: 'Check the load of the worker. If the step needs attention, retry.',
})

/** The outcome is unknown, because no attempt follows by itself. `find` tells what the call did. */
export const billingOutcomeUnknown = defineError({
  code: 'billing_outcome_unknown',
  class: 'unknown_outcome',
  message: 'The time of the attempt was up while the billing provider was processing the call.',
  nextAction: 'Retry or cancel. Either way, the provider is first asked what the call did.',
})

export const billingAnswerUnreadable = defineError({
  code: 'billing_answer_unreadable',
  class: 'retryable',
  message: 'The answer of the billing provider is not valid at `{path}`.',
  nextAction: 'Correct the provider: docs/billing-http.md describes its answers. Then retry.',
})

export const webhookRefused = defineError({
  code: 'webhook_refused',
  class: 'terminal',
  message: 'The webhook is not signed with our secret, or it is older than five minutes.',
  nextAction: 'Sign the webhook with BILLING_HTTP_SECRET when it is sent, as Standard Webhooks defines it.',
})

export const webhookUnreadable = defineError({
  code: 'webhook_unreadable',
  class: 'terminal',
  message: 'The signature of the webhook is correct, but the body does not have the shape of its type.',
  nextAction: 'Correct the webhooks of the provider: docs/billing-http.md describes them.',
})
