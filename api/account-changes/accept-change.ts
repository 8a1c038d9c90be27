import { hashBody } from '../../domain/runs/accept-run.ts'
import { acceptOperation } from '../../domain/runs/accept-operation.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findRun } from '../../domain/runs/read-runs.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
import { changeInProgress, messageInProgress } from '../http/errors.ts'
import type { Launcher } from '../../temporal/launcher.ts'
import { notFound, type Problem, problem } from '../http/problem.ts'
import { findReplayed } from '../runs/replayed-request.ts'

export interface OperationDependencies {
  db: DatabaseConnection
  registry: Registry
  launcher: Launcher
}

/** A call that changes an account. */
export interface OperationCall {
  /** Names the address, so that one key used at two addresses means two things. */
  name: 'plan' | 'suspend' | 'restore' | 'close' | 'users' | `password-instructions ${string}`
  caller: Caller
  account: Organization
  body: unknown
  idempotencyKey: string | undefined
}

/**
 * Accepts a change to an account: once it returns, it can't be lost. A repeated idempotency key answers with the first
 * one's operation, whatever has become true of its body since.
 * @param decide what to do, found out from the body and from how the account is now. Throws a Problem when it can't be.
 * @throws Problem `operation_in_progress` while another change of the account is under way.
 */
export async function acceptChange(
  { db, registry, launcher }: OperationDependencies,
  call: OperationCall,
  decide: () => Promise<OperationRequest>,
): Promise<Run> {
  const bodyHash = hashBody(call.body ?? {})
  const earlier = await replay(db, call, bodyHash)
  if (earlier !== undefined) return earlier
  const wanted = await decide()
  const plan = registry.planFor(wanted.kind, wanted.request)
  const { apiKeyId } = call.caller
  const origin = { apiKeyId, idempotencyKey: storedKey(call), bodyHash }
  const accepted = await acceptOperation(db, { ...wanted, origin, plan })
  if (accepted === undefined) {
    const winner = await replay(db, call, bodyHash)
    if (winner !== undefined) return winner
    throw inProgress(wanted)
  }
  launcher.launch({ ...wanted, id: accepted.id, plan, parent: call.account })
  const run = await findRun(db, call.caller.path, accepted.id)
  if (run === undefined) throw notFound()
  return run
}

function inProgress({ kind, request }: OperationRequest): Problem {
  if (kind === 'resend-invitation') return problem(messageInProgress)
  return problem(changeInProgress, { parameters: { id: request.organizationId } })
}

/** Keys of operations live beside those of accounts added below the same organization, and must not meet them. */
function storedKey({ name, idempotencyKey }: OperationCall): string | undefined {
  return idempotencyKey === undefined ? undefined : `${name} ${idempotencyKey}`
}

/** @throws Problem when the key was used with another body. */
async function replay(
  db: DatabaseConnection,
  call: OperationCall,
  bodyHash: string,
): Promise<Run | undefined> {
  const { caller, account } = call
  const key = storedKey(call)
  if (key === undefined) return undefined
  const scope = { apiKeyId: caller.apiKeyId, parentId: account.id, key }
  const id = await findReplayed(db, scope, bodyHash)
  return id === undefined ? undefined : findRun(db, caller.path, id)
}
