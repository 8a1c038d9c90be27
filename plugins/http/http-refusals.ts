import { z } from 'zod'
import { readRetryAfter, type StepError, stepError } from '../plugin-contract.ts'
import {
  billingCredentialsRefused,
  billingInputRefused,
  billingRateLimited,
  billingRedirected,
  billingRefused,
  billingUnavailable,
} from './errors.ts'
import { safeText } from './safe-text.ts'

export interface HttpRefusal {
  status: number
  headers: Headers
  /** The parsed JSON, or undefined when it was not JSON. */
  body: unknown
  /** The data that we sent. It may be personal, so messages of the provider must not quote it. */
  data: unknown
}

export function classifyRefusal(refusal: HttpRefusal): StepError {
  const { status } = refusal
  const parameters = { status }
  const retryAfter = readRetryAfter(refusal.headers.get('retry-after'))
  // We do not follow redirects, because our calls are signed for one address and can contain personal data.
  if (status < 400) return stepError(billingRedirected, { parameters })
  if (status === 401 || status === 403) return stepError(billingCredentialsRefused, { parameters })
  if (status === 429) return stepError(billingRateLimited, { retryAfter })
  if (status >= 500 || status === 408) return stepError(billingUnavailable, { parameters, retryAfter })
  return status === 422 ? needsCorrection(refusal) : refused(refusal)
}

/** Whether the answer says that the provider does not offer the operation: status 404, 405 or 501, or `operation_unknown`. */
export function isNotOffered({ status, body }: Pick<HttpRefusal, 'status' | 'body'>): boolean {
  if ([404, 405, 501].includes(status)) return true
  return status >= 400 && status < 500 && problemSchema.safeParse(body).data?.code === 'operation_unknown'
}

const problemSchema = z.object({
  code: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/)
    .optional()
    .catch(undefined),
  detail: z.string().catch(''),
  errors: z.array(z.object({ pointer: z.string().regex(/^(\/[\w~-]+)+$/), message: z.string() })).catch([]),
})

/** The error has the provider's own code and fields, which tell a person what to correct. */
function needsCorrection({ body, data }: HttpRefusal): StepError {
  const { code = billingInputRefused.code, detail, errors } = readProblem(body)
  return stepError(
    { ...billingInputRefused, code },
    {
      parameters: { detail: inItsWords(detail, data) },
      fields: errors.slice(0, 20).map(({ pointer, message }) => ({
        pointer: inRequest(pointer),
        message: safeText(message, data),
      })),
    },
  )
}

function refused({ status, body, data }: HttpRefusal): StepError {
  const { code = billingRefused.code, detail } = readProblem(body)
  return stepError({ ...billingRefused, code }, { parameters: { status, detail: inItsWords(detail, data) } })
}

function readProblem(body: unknown): z.infer<typeof problemSchema> {
  return problemSchema.parse(typeof body === 'object' && body !== null ? body : {})
}

function inItsWords(detail: string, data: unknown): string {
  const safe = safeText(detail, data)
  return safe === '' ? 'no reason given.' : safe
}

/** Converts a pointer into the `data` that we sent to a pointer into the request. Only the name has another place there. */
function inRequest(pointer: string): string {
  return pointer === '/name' ? '/company/name' : pointer
}
