import { inject } from 'vitest'
import { type OwnServer, startOwnTemporal as startTemporal } from '../system/own-servers.ts'

export { type OwnServer, startOwnPostgres } from '../system/own-servers.ts'

/** A Temporal of its own, run by the program that the test run has found. */
export function startOwnTemporal(): Promise<OwnServer & { address: string }> {
  return startTemporal(inject('temporalCliPath'))
}
