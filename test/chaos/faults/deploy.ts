import type { ProcessFault } from './process-fault.ts'

/**
 * Deploys the next release while accounts are added: its worker starts beside the worker of the first release, which
 * stays for open runs. Then the API is replaced.
 */
export const deploy: ProcessFault = async ({ system }) => {
  system.releases.push('next')
  system.workers.push(await system.launcher.start('worker', 'next'))
  await system.api.stop()
  system.api = await system.launcher.start('api', 'next')
}
