import { decidedAbove } from '../../domain/organizations/organization-errors.ts'
import { findLevelOfRun } from '../../domain/organizations/standing-levels.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import type { RunKind } from '../../domain/runs/run-requests.ts'
import { ownOrganization, platformOnly } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

/** Only an organization above a partner changes its plan, billing or standing. @throws Problem `own_organization`. */
export function refuseOwnOrganization(caller: Caller, organizationId: string | null): void {
  if (caller.role === 'platform' || caller.organizationId !== organizationId) return
  throw problem(ownOrganization, { parameters: { id: caller.organizationId } })
}

/** A partner may not take back charges, or bills, of itself or of an account below it. @throws Problem `platform_only`. */
export function requirePlatform(caller: Caller): void {
  if (caller.role === 'platform') return
  throw problem(platformOnly)
}

/**
 * Only the level that asked for a change of standing, or one above it, may take the change back.
 * @throws Problem `decided_above`.
 */
async function refuseDecidedAbove(
  db: DatabaseConnection,
  caller: Caller,
  { id, organizationId }: { id: string; organizationId: string },
): Promise<void> {
  const level = await findLevelOfRun(db, id)
  if (level.startsWith(caller.path)) return
  throw problem(decidedAbove, { parameters: { id: organizationId } })
}

const standingKinds: readonly RunKind[] = ['suspend-account', 'close-account', 'restore-account']

/** @param decision `retry`, or `end` for a skip or a cancel. @throws Problem when the caller may not make it. */
export async function requireMayDecide(
  db: DatabaseConnection,
  caller: Caller,
  { run: { id, kind, organizationId, userId }, decision }: { run: Run; decision: 'retry' | 'end' },
): Promise<void> {
  // A partner manages its own users, also those of its own organization.
  if (kind === 'add-user' || (kind !== 'add-account' && userId !== null)) return
  refuseOwnOrganization(caller, organizationId)
  if (decision === 'retry' || organizationId === null) return
  if (kind === 'bill-account') requirePlatform(caller)
  if (standingKinds.includes(kind)) await refuseDecidedAbove(db, caller, { id, organizationId })
}
