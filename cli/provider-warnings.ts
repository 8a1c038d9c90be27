import type { Logger } from 'pino'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Plugin } from '../plugins/contract.ts'
import { checkAdaptersInUse } from './checks/adapters-in-use.ts'
import { checkProviders } from './checks/providers.ts'
import { tellParent } from './stack/process-message.ts'

/**
 * Says which providers can't be reached or refuse our credentials, and which accounts nobody can bill. It stops nothing:
 * a provider that is down must not keep accounts of others from being added.
 */
export async function warnAboutProviders(
  { db, plugins }: { db: DatabaseConnection; plugins: readonly Plugin[] },
  logger: Logger,
): Promise<void> {
  // A database that can't be asked says so by itself.
  const inUse = checkAdaptersInUse(db, plugins).then(
    (verdict) => [verdict],
    () => [],
  )
  for (const { title, faults } of [...(await inUse), ...(await checkProviders(plugins))]) {
    for (const { message, nextAction } of faults) {
      logger.warn({ check: title }, `${message} ${nextAction}`)
      await tellParent({ type: 'warning', line: `${title}: ${message} ${nextAction}` })
    }
  }
}
