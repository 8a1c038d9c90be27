import { buildApp } from '../../api/app.ts'
import type { OnboardingView } from '../../api/runs/onboarding-schemas.ts'
import { createTemporalRuns } from '../../temporal/temporal-runs.ts'
import { expect } from 'vitest'
import { type Engine, publicUrl } from './engine.ts'

/**
 * Builds the API of an engine, without a port.
 * @param attentionDays how many days a run may need attention before it cancels itself.
 */
export async function startApiFor(engine: Engine, origin = publicUrl, attentionDays = 30) {
  const { db, url, client, taskQueue, registry, identity, apiKey } = engine
  const app = await buildApp({
    db,
    databaseUrl: url,
    registry,
    trialDays: 30,
    identity,
    temporal: createTemporalRuns({ client, db, taskQueue, attentionDays }),
    publicUrl: origin,
    namespace: 'default',
    log: { level: 'silent' },
  })
  const send = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await app.inject({
      method,
      url: path,
      headers: { authorization: `Bearer ${apiKey}`, ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.payload === '' ? undefined : response.json(),
    }
  }
  return {
    app,
    send,
    get: (path: string, headers?: Record<string, string>) => send('GET', path, undefined, headers),
    /** Posts this body. The default is `{}`. */
    post: (path: string, body: unknown = {}, headers?: Record<string, string>) =>
      send('POST', path, body, headers),
    put: (path: string, body: unknown, headers?: Record<string, string>) => send('PUT', path, body, headers),
    patch: (path: string, body: unknown, headers?: Record<string, string>) =>
      send('PATCH', path, body, headers),
    /** Adds an account below the platform and waits up to 20 seconds for its onboarding. */
    addAccount: (body: unknown, headers: Record<string, string> = {}) =>
      send('POST', '/v1/organizations/root/accounts', body, { prefer: 'wait=20', ...headers }),
    /** Waits until the onboarding has this status. @returns the onboarding. */
    async until(id: string, status: OnboardingView['status']): Promise<OnboardingView> {
      const read = () => send('GET', `/v1/onboardings/${id}`)
      await expect.poll(async () => (await read()).body.status).toBe(status)
      return (await read()).body
    },
    close: () => app.close(),
  }
}

export type EngineApi = Awaited<ReturnType<typeof startApiFor>>
