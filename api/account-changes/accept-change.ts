import { hashBody } from '../../domain/runs/idempotency.ts'
import { acceptOperation } from '../../domain/runs/accept-operation.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findRun } from '../../domain/runs/read-runs.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
import { changeInProgress, userChangeInProgress } from '../http/errors.ts'
import type { Launcher } from '../../temporal/launcher.ts'
import { notFound, type Problem, problem } from '../http/problem.ts'
import { findEarlierRunId } from '../runs/earlier-request.ts'

export interface OperationDependencies {
  db: DatabaseConnection
  registry: Registry
  launcher: Launcher
}

type UserChangeName = 'password-instructions' | 'update-user' | 'move-user' | 'remove-user'

export interface OperationCall {
  /** The name of the route. An idempotency key counts for one route only. */
  name: 'plan' | 'suspend' | 'restore' | 'close' | 'users' | `${UserChangeName} ${string}`
  caller: Caller
  account: Organization
  /** The user that the operation changes. An idempotency key counts for the user, wherever the user is moved. */
  userId: string | undefined
  body: unknown
  idempotencyKey: string | undefined
}

/**
 * Accepts a change of an account. Once this function returns, the change cannot be lost. A repeated idempotency key returns the
 * operation of the first request, even if the same body would be refused now.
 * @param toOperation converts the body to the request of an operation, by the present state of the account. Throws a Problem when
 *   that state does not allow the change.
 * @throws Problem `operation_in_progress` while another operation changes the account.
 */
export async function acceptChange(
  { db, registry, launcher }: OperationDependencies,
  call: OperationCall,
  toOperation: () => Promise<OperationRequest>,
): Promise<Run> {
  const bodyHash = hashBody(call.body ?? {})
  const earlier = await findEarlier(db, call, bodyHash)
  if (earlier !== undefined) return earlier
  const operation = await toOperation()
  const plan = registry.planFor(operation.kind, operation.request)
  const { apiKeyId } = call.caller
  const origin = { apiKeyId, idempotencyKey: storedKey(call), bodyHash }
  const accepted = await acceptOperation(db, { ...operation, origin, plan })
  if (accepted === undefined) {
    const concurrent = await findEarlier(db, call, bodyHash)
    if (concurrent !== undefined) return concurrent
    throw inProgress(operation)
  }
  launcher.launch({ ...operation, id: accepted.id, plan, parent: call.account })
  const run = await findRun(db, call.caller.path, accepted.id)
  if (run === undefined) throw notFound()
  return run
}

function inProgress({ request }: OperationRequest): Problem {
  const declared = 'userId' in request ? userChangeInProgress : changeInProgress
  return problem(declared, { parameters: { id: request.organizationId } })
}

/** The name of the route before a key keeps it apart from the keys of other routes and of accounts added below. */
function storedKey({ name, idempotencyKey }: OperationCall): string | undefined {
  return idempotencyKey === undefined ? undefined : `${name} ${idempotencyKey}`
}

async function findEarlier(
  db: DatabaseConnection,
  call: OperationCall,
  bodyHash: string,
): Promise<Run | undefined> {
  const { caller, account, userId } = call
  const key = storedKey(call)
  if (key === undefined) return undefined
  const { apiKeyId } = caller
  const scope = userId === undefined ? { apiKeyId, parentId: account.id, key } : { apiKeyId, userId, key }
  const id = await findEarlierRunId(db, scope, bodyHash)
  return id === undefined ? undefined : findRun(db, caller.path, id)
}
