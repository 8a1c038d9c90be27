import type { InTransaction } from '../plugin-contract.ts'

/** Runs `body` in a transaction and then rolls the transaction back, as if the process had ended before the commit. */
export async function rolledBack(
  transact: (body: (context: InTransaction) => Promise<never>) => Promise<never>,
  body: (context: InTransaction) => Promise<unknown>,
): Promise<void> {
  const rollback = new Error('The kit rolls this transaction back.')
  await transact(async (context) => {
    await body(context)
    throw rollback
  }).catch((error: unknown) => {
    if (error !== rollback) throw error
  })
}
