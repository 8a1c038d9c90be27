import { reconcileMonth } from '../../activities/reconciliation/reconcile-month.ts'
import type { Deployment } from '../deployment/compose.ts'

/** Writes a line for each difference, and changes nothing. @returns the exit code: 1 when there is a difference. */
export async function reconcile(
  { db, registry }: Pick<Deployment, 'db' | 'registry'>,
  month: string,
  write: (line: string) => void,
): Promise<number> {
  const { compared, findings } = await reconcileMonth({ db, billing: registry.billing }, month)
  for (const { kind, organizationId, billingAdapter, subscriptionExternalId, message } of findings)
    write(`  ${kind}  ${organizationId}  ${billingAdapter} ${subscriptionExternalId}  ${message}`)
  const differences = findings.length === 1 ? '1 difference' : `${findings.length} differences`
  write(
    `${compared} subscriptions compared for ${month}: ${findings.length === 0 ? 'all agree' : differences}.`,
  )
  return findings.length === 0 ? 0 : 1
}
