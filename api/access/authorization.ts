import { findWhoDeactivated } from '../../domain/organizations/standing.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import { decidedAbove, ownOrganization, platformOnly } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

/**
 * A partner does not decide on the plan, the billing and the standing of the organization that its key belongs to.
 * @throws Problem `own_organization`.
 */
export function refuseOwnOrganization(caller: Caller, organizationId: string | null): void {
  if (caller.role === 'platform' || caller.organizationId !== organizationId) return
  throw problem(ownOrganization, { parameters: { id: caller.organizationId } })
}

/**
 * A partner does not take back what it, or an account below it, is billed for.
 * @throws Problem `platform_only`.
 */
export function refusePartner(caller: Caller): void {
  if (caller.role === 'platform') return
  throw problem(platformOnly)
}

/**
 * What somebody above the caller suspended or closed, or is about to, is taken back by them.
 * @throws Problem `decided_above`.
 */
export async function refuseDecidedAbove(
  db: DatabaseConnection,
  caller: Caller,
  organizationId: string,
): Promise<void> {
  const decider = await findWhoDeactivated(db, organizationId)
  if (decider === undefined || decider.startsWith(caller.path)) return
  throw problem(decidedAbove, { parameters: { id: organizationId } })
}

/** Whether the caller may decide on a run that is under way. @throws Problem when it may not. */
export async function requireMayDecide(
  db: DatabaseConnection,
  caller: Caller,
  { run: { kind, organizationId }, decision }: { run: Run; decision: 'retry' | 'end' },
): Promise<void> {
  // Its users are a partner's own affair, also those of its own organization.
  if (kind === 'add-user' || kind === 'resend-invitation') return
  refuseOwnOrganization(caller, organizationId)
  if (decision === 'retry' || organizationId === null) return
  if (kind === 'bill-account') refusePartner(caller)
  if (kind === 'suspend-account' || kind === 'close-account')
    await refuseDecidedAbove(db, caller, organizationId)
}
