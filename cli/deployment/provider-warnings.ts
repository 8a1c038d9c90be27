import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { checkInUse } from '../doctor/in-use.ts'
import { checkProviders } from '../doctor/check-providers.ts'
import { tellParent } from '../stack/processes/process-message.ts'

/**
 * Says which providers can't be reached or refuse our credentials, which accounts nobody can bill, and which steps of runs
 * under way nobody has. It stops nothing: a provider that is down must not keep accounts of others from being added.
 */
export async function warnAboutProviders(
  { db, plugins }: { db: DatabaseConnection; plugins: readonly Plugin[] },
  logger: Logger,
): Promise<void> {
  const verdicts = await Promise.all([checkInUse(db, plugins), checkProviders(plugins)])
  for (const { title, faults } of verdicts.flat()) {
    for (const { message, nextAction } of faults) {
      logger.warn({ check: title }, `${message} ${nextAction}`)
      await tellParent({ type: 'warning', line: `${title}: ${message} ${nextAction}` })
    }
  }
}
