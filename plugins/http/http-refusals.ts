import { z } from 'zod'
import { readRetryAfter, StepError } from '../plugin-contract.ts'
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
  if (status < 400) return redirected(status)
  if (status === 401 || status === 403) return credentialsRefused(status)
  if (status === 429) return rateLimited(refusal)
  if (status >= 500 || status === 408) return unavailable(refusal)
  return status === 422 ? needsCorrection(refusal) : refused(refusal)
}

/** Whether a provider says that it does not know the operation: by its code, or by a status that says no more than that. */
export function isNotOffered({ status, body }: Pick<Refusal, 'status' | 'body'>): boolean {
  if ([404, 405, 501].includes(status)) return true
  return status >= 400 && status < 500 && problemSchema.safeParse(body).data?.code === 'operation_unknown'
}

function redirected(status: number): StepError {
  // It is not followed: what we send is signed for one address and may be personal.
  return new StepError({
    class: 'retryable',
    code: 'billing_redirected',
    message: `The billing provider answered with a redirect (${status}), which is not followed.`,
    nextAction: 'Set BILLING_HTTP_URL to the address it is meant to be, restart the workers, then retry.',
  })
}

/**
 * Retryable, although trying again soon hardly helps: a terminal error refuses the retry that is due once the secret is
 * mended, and needs_input asks those who look after the account for a correction that is not theirs.
 */
function credentialsRefused(status: number): StepError {
  return new StepError({
    class: 'retryable',
    code: 'billing_credentials_refused',
    message: `The billing provider did not accept our signature (${status}).`,
    nextAction: 'Make BILLING_HTTP_SECRET the same on both sides, restart the workers, then retry.',
  })
}

function rateLimited({ headers }: Refusal): StepError {
  return new StepError({
    class: 'retryable',
    code: 'billing_rate_limited',
    message: 'The billing provider asked to call less often (429).',
    nextAction: 'Wait, or ask the provider for a higher limit; then retry if it needs attention.',
    retryAfter: readRetryAfter(headers.get('retry-after')),
  })
}

function unavailable({ status, headers }: Refusal): StepError {
  return new StepError({
    class: 'retryable',
    code: 'billing_unavailable',
    message: `The billing provider could not answer (${status}).`,
    nextAction: 'Have the billing provider mended; then retry if it needs attention.',
    retryAfter: readRetryAfter(headers.get('retry-after')),
  })
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

/** The provider's own code and fields, so that whoever corrects the request reads what the provider means. */
function needsCorrection({ body, data }: Refusal): StepError {
  const { code, detail, errors } = readProblem(body)
  return new StepError({
    class: 'needs_input',
    code: code ?? 'billing_input_refused',
    message: `The billing provider does not take what it was sent (422)${inItsWords(detail, data)}`,
    nextAction: 'Correct the named fields, or what the provider says, and retry; or cancel.',
    fields: errors.slice(0, 20).map(({ pointer, message }) => ({
      pointer: inRequest(pointer),
      message: safeText(message, data),
    })),
  })
}

function refused({ status, body, data }: Refusal): StepError {
  const { code, detail } = readProblem(body)
  return new StepError({
    class: 'terminal',
    code: code ?? 'billing_refused',
    message: `The billing provider refused the call (${status})${inItsWords(detail, data)}`,
    nextAction: 'Ask the billing provider why, and cancel.',
  })
}

function readProblem(body: unknown): z.infer<typeof problemSchema> {
  return problemSchema.parse(typeof body === 'object' && body !== null ? body : {})
}

function inItsWords(detail: string, data: unknown): string {
  const safe = safeText(detail, data)
  return safe === '' ? '.' : `: ${safe}`
}

/** A provider points into the `data` it was sent; a person corrects the request. They differ in one place. */
function inRequest(pointer: string): string {
  return pointer === '/name' ? '/company/name' : pointer
}
