import { Stripe } from 'stripe'
import { z } from 'zod'
import { classifyStripeError } from './stripe-errors.ts'

/** Runs calls to Stripe, and ends them when the signal aborts. @throws StepError for every failure. */
export type StripeCalls = <Result>(
  signal: AbortSignal,
  act: (stripe: Stripe) => Promise<Result>,
) => Promise<Result>

export interface Connection {
  secretKey: string
  /** The origin of the API, such as that of a mock. Default: Stripe's own. */
  apiBase?: string | undefined
  /** The milliseconds for one request. */
  patience: number
}

/** Returns the function that calls Stripe. @throws Error when `apiBase` is not an origin. */
export function connectStripe({ secretKey, apiBase, patience }: Connection): StripeCalls {
  const origin = originOf(apiBase)
  return async (signal, act) => {
    const stripe = new Stripe(secretKey, {
      ...origin,
      timeout: patience,
      // The engine retries by the retry policy of the step, and records each attempt.
      maxNetworkRetries: 0,
      telemetry: false,
      // The SDK takes no signal, but it takes a fetch function.
      httpClient: Stripe.createFetchHttpClient(
        async (address: string | URL | Request, { signal: late, ...init }: RequestInit = {}) => {
          const either = AbortSignal.any(late ? [signal, late] : [signal])
          return withErrorBody(await fetch(address, { ...init, signal: either }))
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
 * Adds an `error` to the body of a failed response that has none. The SDK would take such a response for a success. Stripe always
 * sends an `error`, but a gateway may not.
 */
async function withErrorBody(response: Response): Promise<Response> {
  if (response.status < 400) return response
  const body = await response.text()
  const { status, headers } = response
  return new Response(hasError(body) ? body : '{"error":{"type":"api_error"}}', { status, headers })
}

function hasError(body: string): boolean {
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
