import type { Fault } from './fault.ts'

/**
 * Deploys the next release as it is done where accounts are added all the time: its worker comes beside the one there is,
 * which stays for what was begun, and then the API is replaced.
 */
export const deploy: Fault = async ({ system }) => {
  system.releases.push('next')
  system.workers.push(await system.launcher.start('worker', 'next'))
  await system.api.stop()
  system.api = await system.launcher.start('api', 'next')
}
