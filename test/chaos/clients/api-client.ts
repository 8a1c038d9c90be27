import { setTimeout as delay } from 'node:timers/promises'

export interface Answer {
  status: number
  body: unknown
}

/** A caller as it should be: it asks again, the same way, until there is an answer that means something. */
export interface ApiClient {
  /** @throws Error when there is none in three minutes. */
  call(
    method: string,
    path: string,
    request?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>
  /** How often an answer was lost, or said that it can not be answered now. */
  repeats(): number
}

const patience = 180_000
const answerPatience = 15_000
const pause = 250

export function createApiClient({ origin, apiKey }: { origin: string; apiKey: string }): ApiClient {
  let repeats = 0
  return {
    repeats: () => repeats,
    async call(method, path, { body, headers = {} } = {}) {
      const deadline = Date.now() + patience
      for (;;) {
        const answer = await once(`${origin}${path}`, {
          method,
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
          signal: AbortSignal.timeout(answerPatience),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        if (answer !== undefined) return answer
        if (Date.now() > deadline) throw new Error(`${method} ${path} was not answered in three minutes.`)
        repeats += 1
        await delay(pause)
      }
    },
  }
}

/** @returns undefined when it has to be asked again. */
async function once(url: string, request: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, request)
    const body: unknown = await response.json()
    return response.status === 429 || response.status >= 500 ? undefined : { status: response.status, body }
  } catch {
    return undefined
  }
}
