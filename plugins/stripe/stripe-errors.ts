import { Stripe } from 'stripe'
import { readRetryAfter, StepError } from '../plugin-contract.ts'

/**
 * A lost answer is `retryable` here, not `unknown_outcome`: every call that creates something carries its key to Stripe,
 * which answers a repeated key with its first result for at least 24 hours, and every call first looks for what an
 * earlier one with this key left behind, which finds it after that. Stripe's own words are left out: they quote names.
 */
export function classifyStripeError(error: unknown): StepError {
  if (error instanceof StepError) return error
  if (error instanceof Stripe.errors.StripeAuthenticationError) return loginRefused()
  if (error instanceof Stripe.errors.StripePermissionError) return notPermitted()
  if (error instanceof Stripe.errors.StripeRateLimitError) return rateLimited(error)
  if (error instanceof Stripe.errors.StripeConnectionError) return unreachable()
  if (error instanceof Stripe.errors.StripeIdempotencyError) return keyRefused(error)
  if (!(error instanceof Stripe.errors.StripeError)) return notUnderstood()
  if (error.statusCode === 409) return busy()
  if (error.statusCode === 404 || error.code === 'resource_missing') return missing(error)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return refused(error)
  return unreachable()
}

/** Whether somebody else made the very thing first. */
export function existsAlready(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return false
  // Some of Stripe's endpoints have a code for it, others say it only in words.
  return error.code === 'resource_already_exists' || /already (exists|in use|uses)/i.test(error.message)
}

function loginRefused(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_login_refused',
    message: 'Stripe refused the API key.',
    nextAction: 'Correct STRIPE_SECRET_KEY, restart the workers, then retry.',
  })
}

function notPermitted(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_not_permitted',
    message: 'The API key may not do this at Stripe.',
    nextAction: 'Give the restricted key of STRIPE_SECRET_KEY the permissions for Billing, then retry.',
  })
}

function rateLimited({ headers }: Stripe.errors.StripeError): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_rate_limited',
    message: 'Stripe asked to send less.',
    nextAction: 'Wait, or ask Stripe for a higher rate limit; then retry if it needs attention.',
    retryAfter: readRetryAfter(headers?.['retry-after']),
  })
}

function unreachable(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_unreachable',
    message: 'Stripe could not be reached, or failed, or its answer was lost.',
    nextAction: 'Look at status.stripe.com; then retry if it needs attention.',
  })
}

function notUnderstood(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_not_understood',
    message: 'What answered in the place of Stripe did not answer as Stripe does.',
    nextAction: 'Look at STRIPE_API_BASE; then retry if it needs attention.',
  })
}

function busy(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'stripe_busy',
    message: 'Stripe is still working on an earlier call about the same thing.',
    nextAction: 'Wait; then retry if it needs attention.',
  })
}

function keyRefused(error: Stripe.errors.StripeError): StepError {
  if (error.statusCode === 409) return busy()
  return new StepError({
    class: 'terminal',
    code: 'stripe_key_reused',
    message: 'Stripe has seen this idempotency key with another content.',
    nextAction:
      'Look in the request log of Stripe for what the key was used with. Then cancel, and ask for it anew.',
  })
}

function missing(error: Stripe.errors.StripeError): StepError {
  return new StepError({
    class: 'terminal',
    code: 'stripe_not_found',
    message: `Stripe does not know what this is about${detailsOf(error)}.`,
    nextAction:
      'Check that STRIPE_SECRET_KEY is of the right Stripe account. If it is, it was deleted at Stripe: cancel, and ask anew.',
  })
}

function refused(error: Stripe.errors.StripeError): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'stripe_refused',
    message: `Stripe refused the request${detailsOf(error)}.`,
    nextAction:
      'Look in the request log of Stripe for what it refused, correct that in the request or at Stripe, then retry.',
  })
}

/** Stripe's code and the parameter it is about: both are names of Stripe's own, without anybody's data. */
function detailsOf({ code, param }: Stripe.errors.StripeError): string {
  const details = [code, param].filter((name) => name !== undefined && /^[\w[\].]{1,80}$/.test(name))
  return details.length === 0 ? '' : ` (${details.join(', ')})`
}
