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

/** An answer other than 2xx, and what it was an answer to. */
export interface Refusal {
  status: number
  headers: Headers
  /** The parsed JSON, or undefined when it was not JSON. */
  body: unknown
  /** What was sent: the provider may quote it, and it may be personal. */
  data: unknown
}

/** What an answer other than 2xx means for the step. */
export function classifyRefusal(refusal: Refusal): StepError {
  const { status } = refusal
  const parameters = { status }
  const retryAfter = readRetryAfter(refusal.headers.get('retry-after'))
  // A redirect is not followed: what we send is signed for one address and may be personal.
  if (status < 400) return stepError(billingRedirected, { parameters })
  if (status === 401 || status === 403) return stepError(billingCredentialsRefused, { parameters })
  if (status === 429) return stepError(billingRateLimited, { retryAfter })
  if (status >= 500 || status === 408) return stepError(billingUnavailable, { parameters, retryAfter })
  return status === 422 ? needsCorrection(refusal) : refused(refusal)
}

/** Whether a provider says that it does not know the operation: by its code, or by a status that says no more than that. */
export function isNotOffered({ status, body }: Pick<Refusal, 'status' | 'body'>): boolean {
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

/** The provider's own code and fields, so that the person who corrects the request reads what the provider means. */
function needsCorrection({ body, data }: Refusal): StepError {
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

function refused({ status, body, data }: Refusal): StepError {
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

/** A provider points into the `data` it was sent; a person corrects the request. They differ in one place. */
function inRequest(pointer: string): string {
  return pointer === '/name' ? '/company/name' : pointer
}
