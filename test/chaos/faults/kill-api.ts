import type { Fault } from './fault.ts'

/** What it has accepted and not started is started by the next one. */
export const killApi: Fault = async ({ system }) => {
  const { release } = system.api
  await system.api.kill()
  system.api = await system.launcher.start('api', release)
}
