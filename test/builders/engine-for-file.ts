import { afterAll } from 'vitest'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { type Engine, type EngineOptions, startEngine } from '../stack/engine.ts'

/**
 * Starts an engine with its API for all tests of a file, and stops both after the last test. Call it at the top of the file.
 * @param origin the public URL of the API. @param attentionDays the days that a stuck step waits for a decision; default 30.
 */
export async function startEngineForFile({
  origin,
  attentionDays,
  ...options
}: EngineOptions & { origin?: string; attentionDays?: number } = {}): Promise<{
  engine: Engine
  api: EngineApi
}> {
  const engine = await startEngine(options)
  const api = await startApiFor(engine, origin, attentionDays)
  afterAll(async () => {
    await api.close()
    await engine.stop()
  })
  return { engine, api }
}
