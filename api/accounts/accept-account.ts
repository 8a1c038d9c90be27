import { acceptRun, hashBody, type IdempotencyScope } from '../../domain/runs/accept-run.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findOnboarding, justAccepted } from '../../domain/runs/read-runs.ts'
import { parentNotActive } from '../../domain/organizations/organization-errors.ts'
import type { Onboarding } from '../../domain/runs/run-record.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findDomainProblems } from './account-problems.ts'
import { type AccountDefaults, defaultsBelow, readAccountBody, withDefaults } from './account-request.ts'
import type { Launcher } from '../../temporal/launcher.ts'
import { invalidRequest, notFound, problem } from '../http/problem.ts'
import { findReplayed } from '../runs/replayed-request.ts'

export interface AcceptDependencies {
  db: DatabaseConnection
  registry: Registry
  accountDefaults: AccountDefaults
  launcher: Launcher
}

export interface AddAccountCall {
  caller: Caller
  parent: Organization
  body: unknown
  idempotencyKey: string | undefined
}

export interface AcceptedAccount {
  onboarding: Onboarding
  /** It was accepted just now, and its workflow is about to be started: nothing has happened to it yet. */
  isNew: boolean
}

/**
 * Accepts a request to add an account: once it returns, the request can't be lost. A repeated idempotency key answers
 * with the first one's onboarding, whatever has become true of its body since.
 * @throws Problem naming everything that is wrong at once.
 */
export async function acceptAccount(
  dependencies: AcceptDependencies,
  call: AddAccountCall,
): Promise<AcceptedAccount> {
  const { db, registry, launcher } = dependencies
  const { caller, parent, idempotencyKey } = call
  const read = readAccountBody(call.body)
  const bodyHash = read.request === undefined ? '' : hashBody(read.request)
  const scope =
    idempotencyKey === undefined ? undefined : { ...caller, parentId: parent.id, key: idempotencyKey }

  if (scope !== undefined && read.request !== undefined) {
    const replayed = await replay(db, caller, scope, bodyHash)
    if (replayed !== undefined) return { onboarding: replayed, isNew: false }
  }
  const accountDefaults = await defaultsBelow(db, dependencies.accountDefaults, { parent, ...read })
  const known = { db, registry, accountDefaults }
  const problems = [...read.problems, ...(await findDomainProblems(known, parent, read))]
  if (problems.length > 0 || read.request === undefined) throw invalidRequest(problems)
  if (parent.status !== 'active') {
    throw problem(parentNotActive, { parameters: { status: parent.status } })
  }

  const request = withDefaults(read.request, accountDefaults)
  const plan = registry.planFor('add-account', request)
  const accepted = await acceptRun(db, {
    parentId: parent.id,
    apiKeyId: caller.apiKeyId,
    idempotencyKey,
    bodyHash,
    request,
    plan,
  })
  if (accepted !== undefined) {
    launcher.launch({ id: accepted.id, kind: 'add-account', request, plan, parent })
    return { onboarding: justAccepted(accepted, { parentId: parent.id, request, plan }), isNew: true }
  }
  const winner = scope === undefined ? undefined : await replay(db, caller, scope, bodyHash)
  if (winner === undefined) throw notFound()
  return { onboarding: winner, isNew: false }
}

/** @throws Problem when the key was used with another body. */
async function replay(
  db: DatabaseConnection,
  caller: Caller,
  scope: IdempotencyScope,
  bodyHash: string,
): Promise<Onboarding | undefined> {
  const id = await findReplayed(db, scope, bodyHash)
  return id === undefined ? undefined : findOnboarding(db, caller.path, id)
}
