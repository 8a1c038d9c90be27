import type { Logger } from 'pino'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { checkInUse } from '../doctor/in-use.ts'
import { checkProviders } from '../doctor/check-providers.ts'
import { tellParent } from '../stack/processes/process-message.ts'

/**
 * Warns about providers that can't be reached or refuse our credentials, and about billing adapters and steps in use that no
 * plug-in brings. It stops nothing: a provider that is down must not stop other accounts from being added.
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
