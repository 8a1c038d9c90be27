import { Stripe } from 'stripe'
import { z } from 'zod'
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
      httpClient: Stripe.createFetchHttpClient(
        async (address: string | URL | Request, { signal: late, ...init }: RequestInit = {}) => {
          const either = AbortSignal.any(late ? [signal, late] : [signal])
          return told(await fetch(address, { ...init, signal: either }))
        },
      ),
    })
    try {
      return await act(stripe)
    } catch (error) {
      throw classifyStripeError(error)
    }
  }
}

/**
 * The SDK takes a refusal for a success when its body does not name an `error`. Stripe's always does; that of a gateway
 * in between may not.
 */
async function told(response: Response): Promise<Response> {
  if (response.status < 400) return response
  const body = await response.text()
  const { status, headers } = response
  return new Response(namesError(body) ? body : '{"error":{"type":"api_error"}}', { status, headers })
}

function namesError(body: string): boolean {
  try {
    return errorBody.safeParse(JSON.parse(body)).success
  } catch {
    return false
  }
}

const errorBody = z.object({ error: z.object({}) })

function originOf(apiBase: string | undefined) {
  if (apiBase === undefined) return {}
  const url = URL.parse(apiBase)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new Error('STRIPE_API_BASE must be an origin such as https://api.stripe.com')
  const protocol = url.protocol === 'http:' ? ('http' as const) : ('https' as const)
  return { host: url.hostname, port: url.port || (protocol === 'http' ? 80 : 443), protocol }
}
