import { setTimeout as delay } from 'node:timers/promises'

export interface Answer {
  status: number
  body: unknown
}

export type ApiClient = ReturnType<typeof createApiClient>

const deadlineMs = 180_000
const answerMs = 15_000
const pauseMs = 250

export function createApiClient({ origin, apiKey }: { origin: string; apiKey: string }) {
  let repeats = 0
  return {
    /** @returns the number of repeated calls. */
    repeats: () => repeats,
    /**
     * Repeats a call, with the same headers and body, until it gets an answer other than 429 or 5xx.
     * @throws Error when there is no such answer within three minutes.
     */
    async call(
      method: string,
      path: string,
      { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
    ): Promise<Answer> {
      const deadline = Date.now() + deadlineMs
      for (;;) {
        const answer = await callOnce(`${origin}${path}`, {
          method,
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
          signal: AbortSignal.timeout(answerMs),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        if (answer !== undefined) return answer
        if (Date.now() > deadline) throw new Error(`${method} ${path} was not answered in three minutes.`)
        repeats += 1
        await delay(pauseMs)
      }
    },
  }
}

/** @returns undefined when the call has to be repeated. */
async function callOnce(url: string, request: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, request)
    const body: unknown = await response.json()
    return response.status === 429 || response.status >= 500 ? undefined : { status: response.status, body }
  } catch {
    return undefined
  }
}
