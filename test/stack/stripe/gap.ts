export interface Call {
  method: string
  path: string
  params: URLSearchParams
  authorization: string
}

export type StripeObject = { id: string } & Record<string, unknown>
export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** Sends a call to localstripe. */
export type Forward = (call: Call) => Promise<Answer>
/** Answers the calls that localstripe cannot answer correctly. @returns undefined for all other calls. */
export type Gap = (call: Call, forward: Forward) => Promise<Answer | undefined>

export const ok = (body: Record<string, unknown>): Answer => ({ status: 200, body })
export const list = (data: unknown[]): Answer => ok({ object: 'list', has_more: false, data })

export function refusal(message: string, code?: string, status = 400): Answer {
  return { status, body: { error: { type: 'invalid_request_error', message, ...(code ? { code } : {}) } } }
}

/** Reads the fields `metadata[name]=value` of a form. */
export function metadataIn(params: URLSearchParams): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of params) {
    const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
    if (key !== undefined) found[key] = value
  }
  return found
}
