import { defineError } from '../plugin-contract.ts'

export const stripeLoginRefused = defineError({
  code: 'stripe_login_refused',
  class: 'retryable',
  message: 'Stripe refused the API key.',
  nextAction: 'Correct STRIPE_SECRET_KEY, restart the workers, then retry.',
})

export const stripeNotPermitted = defineError({
  code: 'stripe_not_permitted',
  class: 'retryable',
  message: 'The Stripe API key has no permission for this call.',
  nextAction: 'Give the restricted key in STRIPE_SECRET_KEY the permissions for Billing, then retry.',
})

export const stripeRateLimited = defineError({
  code: 'stripe_rate_limited',
  class: 'retryable',
  message: 'Stripe refused the call because of its rate limit.',
  nextAction: 'Wait, or ask Stripe for a higher rate limit. If the step needs attention, retry.',
})

export const stripeUnreachable = defineError({
  code: 'stripe_unreachable',
  class: 'retryable',
  message: 'Stripe could not be reached, failed, or its answer was lost.',
  nextAction: 'Check status.stripe.com. If the step needs attention, retry.',
})

export const stripeNotUnderstood = defineError({
  code: 'stripe_not_understood',
  class: 'retryable',
  message: 'The server at STRIPE_API_BASE gave an answer that Stripe does not give.',
  nextAction: 'Check STRIPE_API_BASE and the network in between. If the step needs attention, retry.',
})

export const stripeBusy = defineError({
  code: 'stripe_busy',
  class: 'retryable',
  message: 'Stripe is still processing an earlier call about the same object.',
  nextAction: 'Wait. If the step needs attention, retry.',
})

export const stripeKeyReused = defineError({
  code: 'stripe_key_reused',
  class: 'terminal',
  message: 'Stripe received this idempotency key before, with other parameters.',
  nextAction:
    'Look up the key in the request log of Stripe to see what it was used for. Then cancel, and send a new request.',
})

export const stripeNotFound = defineError({
  code: 'stripe_not_found',
  class: 'terminal',
  message: 'Stripe does not have the object that the call is about ({details}).',
  nextAction:
    'Check that STRIPE_SECRET_KEY belongs to the right Stripe account. If it does, the object was deleted at Stripe: cancel, and send a new request.',
})

export const stripeRefused = defineError({
  code: 'stripe_refused',
  class: 'needs_input',
  message: 'Stripe refused the call ({details}).',
  nextAction:
    'Look up the call in the request log of Stripe. Correct what Stripe refused, in the request or at Stripe, then retry.',
})

export const webhookRefused = defineError({
  code: 'webhook_refused',
  class: 'terminal',
  message: 'The signature of the webhook is wrong, or it is older than five minutes.',
  nextAction: 'Set STRIPE_WEBHOOK_SECRET to the signing secret of this endpoint at Stripe.',
})

export const webhookUnreadable = defineError({
  code: 'webhook_unreadable',
  class: 'terminal',
  message: 'The event does not have the expected shape at `{path}`.',
  nextAction: 'Set the API version of the webhook endpoint at Stripe to {version}.',
})
