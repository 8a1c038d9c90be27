import { providerInTransaction } from '../errors.ts'
import type { InTransaction } from './call.ts'
import type { StepContext } from './step.ts'
import { stepError } from './step-error.ts'

/**
 * Returns the context of a step in our transaction. It has no provider: one that hangs would keep our locks and a connection.
 * @returns `billing` and `notifier` throw StepError `provider_in_transaction`, except for an adapter that is `transactional`.
 */
export function inTransaction<Context extends StepContext>(
  context: Context,
  { transaction }: InTransaction,
): Context & InTransaction {
  return {
    ...context,
    transaction,
    billing(id) {
      const adapter = context.billing(id)
      return adapter.capabilities.transactional ? adapter : refuse(id)
    },
    notifier: () => refuse(context.notifier().id),
  }
}

function refuse(provider: string): never {
  throw stepError(providerInTransaction, { parameters: { provider } })
}
