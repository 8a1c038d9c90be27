import type { InTransaction } from '../plugin-contract.ts'

/** Runs `body` in a transaction that is rolled back after it, as when a process dies before the commit. */
export async function rolledBack(
  transact: (body: (context: InTransaction) => Promise<never>) => Promise<never>,
  body: (context: InTransaction) => Promise<unknown>,
): Promise<void> {
  const dies = new Error('The kit rolls this transaction back.')
  await transact(async (context) => {
    await body(context)
    throw dies
  }).catch((error: unknown) => {
    if (error !== dies) throw error
  })
}
