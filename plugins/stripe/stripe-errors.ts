import { Stripe } from 'stripe'
import { readRetryAfter, StepError, stepError } from '../plugin-contract.ts'
import {
  stripeBusy,
  stripeKeyReused,
  stripeLoginRefused,
  stripeNotFound,
  stripeNotPermitted,
  stripeNotUnderstood,
  stripeRateLimited,
  stripeRefused,
  stripeUnreachable,
} from './errors.ts'

/**
 * Returns the StepError for an error of the SDK. A lost answer is `retryable`, because a repeat has no second effect: Stripe
 * returns the first result of an idempotency key for at least 24 hours, and each call first looks for an object with its key. The
 * messages of Stripe are left out, because they quote names.
 */
export function classifyStripeError(error: unknown): StepError {
  if (error instanceof StepError) return error
  if (error instanceof Stripe.errors.StripeAuthenticationError) return stepError(stripeLoginRefused)
  if (error instanceof Stripe.errors.StripePermissionError) return stepError(stripeNotPermitted)
  if (error instanceof Stripe.errors.StripeRateLimitError) return rateLimited(error)
  if (error instanceof Stripe.errors.StripeConnectionError) return stepError(stripeUnreachable)
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return stepError(error.statusCode === 409 ? stripeBusy : stripeKeyReused)
  if (!(error instanceof Stripe.errors.StripeError)) return stepError(stripeNotUnderstood)
  if (error.statusCode === 409) return stepError(stripeBusy)
  if (error.statusCode === 404 || error.code === 'resource_missing')
    return stepError(stripeNotFound, { parameters: { details: detailsOf(error) } })
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return stepError(stripeRefused, { parameters: { details: detailsOf(error) } })
  return stepError(stripeUnreachable)
}

export function existsAlready(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return false
  // Some endpoints of Stripe return a code, others only a message.
  return error.code === 'resource_already_exists' || /already (exists|in use|uses)/i.test(error.message)
}

export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404
}

function rateLimited({ headers }: Stripe.errors.StripeError): StepError {
  return stepError(stripeRateLimited, { retryAfter: readRetryAfter(headers?.['retry-after']) })
}

/** Stripe's error code and parameter. Both are names in Stripe's API, without personal data. */
function detailsOf({ code, param }: Stripe.errors.StripeError): string {
  const details = [code, param].filter((name) => name !== undefined && /^[\w[\].]{1,80}$/.test(name))
  return details.length === 0 ? 'no details' : details.join(', ')
}
