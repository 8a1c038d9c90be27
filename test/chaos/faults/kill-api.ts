import type { ProcessFault } from './process-fault.ts'

/** Kills the API and starts another one, whose sweeper starts the runs that were accepted but not started. */
export const killApi: ProcessFault = async ({ system }) => {
  const { release } = system.api
  await system.api.kill()
  system.api = await system.launcher.start('api', release)
}
