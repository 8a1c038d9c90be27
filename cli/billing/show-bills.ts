import { type Bill, findBill, listBills } from '../../domain/billing/read-bills.ts'
import type { writeOffBill } from '../../domain/billing/resolve-bill.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'

const pageSize = 100

/** Writes a line for each open bill, newest first. @returns the exit code. */
export async function showOpenBills(db: DatabaseConnection, write: (line: string) => void): Promise<number> {
  let listed = 0
  for (let after: string | undefined; ; ) {
    const page = await listBills(db, { status: 'open' }, { limit: pageSize, after })
    for (const bill of page) write(await lineOf(db, bill))
    listed += page.length
    after = page.at(-1)?.id
    if (page.length < pageSize) break
  }
  write(listed === 1 ? '1 bill is open.' : `${listed} bills are open.`)
  return 0
}

async function lineOf(db: DatabaseConnection, bill: Bill): Promise<string> {
  const { id, organizationId, month, billingAdapter, subscriptionExternalId, usage, operationId } = bill
  const place = await findPlace(db, organizationId)
  return (
    `${id}  ${month}  ${place?.name ?? ''} (${organizationId})  ${billingAdapter} ${subscriptionExternalId}  ` +
    `${usage.purchased} purchased, ${usage.trial} trial  ${operationId ?? 'no open operation'}`
  )
}

/**
 * @param resolve what becomes of the bill.
 * @returns the exit code: 1 when the bill does not exist or cannot be resolved.
 */
export async function resolveBill(
  db: DatabaseConnection,
  resolve: typeof writeOffBill,
  asked: { id: string; actor: string; reason: string; notReported: boolean },
  write: (line: string) => void,
): Promise<number> {
  const { id, ...decision } = asked
  const all = `${await platformId(db)}/`
  const bill = await findBill(db, all, id)
  if (bill === undefined) {
    write(`${id}: no bill has this id. \`npx tenantry bills list\` lists the open bills.`)
    return 1
  }
  const refusal = await resolve(db, { bill, ...decision })
  if (refusal !== undefined) {
    write(`${id}: not done. ${refusal.message} ${refusal.nextAction}`)
    return 1
  }
  const resolved = await findBill(db, all, id)
  const successor = resolved?.successorId ?? null
  write(`${id}: ${successor === null ? 'written off' : `handed over to ${successor}`}.`)
  if (bill.operationId !== null) write(`If operation ${bill.operationId} needs attention, retry it.`)
  return 0
}
