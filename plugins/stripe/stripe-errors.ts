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
 * A lost answer is `retryable` here, not `unknown_outcome`: every call that creates something carries its key to Stripe,
 * which answers a repeated key with its first result for at least 24 hours, and every call first looks for what an
 * earlier one with this key left behind, which finds it after that. Stripe's own words are left out: they quote names.
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

/** Whether somebody else made the same object first. */
export function existsAlready(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return false
  // Some of Stripe's endpoints have a code for it, others say it only in words.
  return error.code === 'resource_already_exists' || /already (exists|in use|uses)/i.test(error.message)
}

function rateLimited({ headers }: Stripe.errors.StripeError): StepError {
  return stepError(stripeRateLimited, { retryAfter: readRetryAfter(headers?.['retry-after']) })
}

/** Stripe's code and the parameter it is about: both are names of Stripe's own, without anybody's data. */
function detailsOf({ code, param }: Stripe.errors.StripeError): string {
  const details = [code, param].filter((name) => name !== undefined && /^[\w[\].]{1,80}$/.test(name))
  return details.length === 0 ? 'no details' : details.join(', ')
}
