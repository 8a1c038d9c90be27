import { Stripe } from 'stripe'
import { classifyStripeError } from './stripe-errors.ts'

/** Does something at Stripe, giving up when the signal aborts. @throws StepError, whatever Stripe or the network answered. */
export type Ask = <Result>(signal: AbortSignal, act: (stripe: Stripe) => Promise<Result>) => Promise<Result>

export interface Connection {
  secretKey: string
  /** An origin other than Stripe's own, such as that of a mock. */
  apiBase?: string | undefined
  /** Milliseconds for one request. */
  patience: number
}

/** @throws Error when `apiBase` is no origin. */
export function connectStripe({ secretKey, apiBase, patience }: Connection): Ask {
  const origin = originOf(apiBase)
  return async (signal, act) => {
    const stripe = new Stripe(secretKey, {
      ...origin,
      timeout: patience,
      // The engine retries, visibly and by the policy of the step.
      maxNetworkRetries: 0,
      telemetry: false,
      // The SDK takes no signal, but it does take the function that sends.
      httpClient: Stripe.createFetchHttpClient((address: string | URL | Request, init: RequestInit = {}) => {
        const signals = init.signal ? [signal, init.signal] : [signal]
        return fetch(address, { ...init, signal: AbortSignal.any(signals) })
      }),
    })
    try {
      return await act(stripe)
    } catch (error) {
      throw classifyStripeError(error)
    }
  }
}

function originOf(apiBase: string | undefined) {
  if (apiBase === undefined) return {}
  const url = URL.parse(apiBase)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new Error('STRIPE_API_BASE must be an origin such as https://api.stripe.com')
  const protocol = url.protocol === 'http:' ? ('http' as const) : ('https' as const)
  return { host: url.hostname, port: url.port || (protocol === 'http' ? 80 : 443), protocol }
}
