import { organizationInactive } from '../../domain/organizations/organization-errors.ts'
import { holdStanding } from '../../domain/organizations/standing.ts'
import { type InTransaction, stepError } from '../plugin-contract.ts'

/**
 * Checks at an effect that the organization is active, because its standing can change after the request was accepted. Until the
 * transaction ends, it stays active.
 * @throws StepError `organization_inactive`, which a retry after a restore solves.
 */
export async function requireActive({ transaction }: InTransaction, organizationId: string): Promise<void> {
  const status = await holdStanding(transaction, organizationId)
  if (status === 'active') return
  throw stepError(organizationInactive, { parameters: { id: organizationId, status: status ?? 'removed' } })
}
