import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { findRun } from '../../domain/runs/read-runs.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import type { OperationRequest } from '../../domain/runs/run-requests.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { Registry } from '../../plugins/registry.ts'
import { acceptChange, type OperationCall } from './accept-change.ts'
import { callerOf } from '../access/api-key.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { previewStep } from '../runs/preview-step.ts'
import { changeHeaders, type changeQuery, type OperationDryRunView } from './schemas.ts'
import { waitAsPreferred } from '../runs/wait-for-run.ts'

export interface Change {
  name: OperationCall['name']
  account: Organization
  userId?: OperationCall['userId']
  query: z.output<typeof changeQuery>
  /** The status of the response when the caller waits and the operation completes in time. */
  completed: 200 | 201
  /** Converts the body to the request of an operation. Throws a Problem when the account does not allow the change. */
  toOperation(): Promise<OperationRequest>
  /** Is called with the accepted run, also for a repeated idempotency key. */
  accepted?(run: Run): Promise<void>
}

/** Accepts an operation and answers with it. With `dryRun`, answers with what the operation would do and accepts nothing. */
export async function answerChange(
  dependencies: RouteDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  { name, account, userId, query, completed, toOperation, accepted }: Change,
): Promise<FastifyReply> {
  const { db, registry, presentOperation } = dependencies
  const caller = callerOf(request)
  if (query.dryRun) return reply.code(200).send(await dryRunOperation(registry, await toOperation()))
  const { 'idempotency-key': idempotencyKey } = changeHeaders.parse(request.headers)
  let run = await acceptChange(
    dependencies,
    { name, caller, account, userId, body: request.body, idempotencyKey },
    toOperation,
  )
  await accepted?.(run)
  const waited = await waitAsPreferred(dependencies, { request, reply }, run.id)
  if (waited) run = (await findRun(db, caller.path, run.id)) ?? run
  void reply.header('location', `/v1/operations/${run.id}`)
  const completedInTime = waited && run.status === 'completed'
  return reply.code(completedInTime ? completed : 202).send(presentOperation(run))
}

async function dryRunOperation(
  registry: Registry,
  { kind, request }: OperationRequest,
): Promise<OperationDryRunView> {
  const steps: OperationDryRunView['steps'] = []
  for (const planned of registry.planFor(kind, request))
    steps.push(await previewStep(registry, planned, request))
  return { kind, request: { ...request }, steps }
}
