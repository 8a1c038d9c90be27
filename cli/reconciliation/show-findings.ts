import type { Client } from '@temporalio/client'
import { compareChunk } from '../../activities/reconciliation/compare-chunk.ts'
import { createRunWorkflows } from '../../temporal/run-workflows.ts'
import {
  type Action,
  remediateFinding,
  type RemediationOutcome,
} from '../../activities/reconciliation/remediate-finding.ts'
import type { RemediationDecision } from '../../activities/reconciliation/remediation.ts'
import { startRun } from '../../temporal/start-run.ts'
import { describeFindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import { type Finding, listOpenFindings, readClock } from '../../domain/reconciliation/findings.ts'
import type { ReconcilePosition } from '../../workflows/contract.ts'
import type { Deployment } from '../deployment/compose.ts'

const millisecondsPerMinute = 60_000

type Parts = Pick<Deployment, 'db' | 'registry' | 'configuration'>
type Write = (line: string) => void

/**
 * Runs a reconciliation round at once, and writes every open finding with its remediation.
 * @param graceMinutes objects younger than this are ignored.
 * @returns the exit code: 1 when a finding is open, or something could not be compared.
 */
export async function showFindings(
  { db, registry, configuration }: Parts,
  client: Client,
  { graceMinutes }: { graceMinutes: number },
  write: Write,
): Promise<number> {
  const { billingAdapters } = registry
  const context = { db, billingAdapters, workflows: createRunWorkflows(client, configuration.taskQueue) }
  const round = { startedAt: await readClock(db), grace: graceMinutes * millisecondsPerMinute }
  const notCompared = new Set<string>()
  for (let at: ReconcilePosition | undefined; ; ) {
    const chunk = await compareChunk(context, round, at)
    for (const reason of chunk.notCompared) notCompared.add(reason)
    if (chunk.next === null) break
    at = chunk.next
  }
  const findings = await listOpenFindings(db)
  for (const finding of findings) for (const line of linesOf(finding)) write(line)
  for (const reason of notCompared) write(`Not compared: ${reason}`)
  if (findings.length === 0) write('No differences found in what was compared.')
  else write(`${findings.length === 1 ? '1 finding is' : `${findings.length} findings are`} open.`)
  return findings.length + notCompared.size === 0 ? 0 : 1
}

/**
 * @param asked without a `decision` it is a dry run.
 * @returns the exit code: 1 when the action does not resolve the finding.
 */
export async function remediate(
  { db, registry, configuration }: Parts,
  client: Client,
  asked: { id: string; action: Action; decision: RemediationDecision | undefined },
  write: Write,
): Promise<number> {
  const { taskQueue, attentionDays } = configuration
  const result = await remediateFinding(
    {
      db,
      billingAdapters: registry.billingAdapters,
      workflows: createRunWorkflows(client, taskQueue),
      startAgain: (run) => startRun({ client, db, taskQueue, attentionDays }, run, { again: true }),
      async terminate({ workflowId, temporalRunId }) {
        await client.workflow
          .getHandle(workflowId, temporalRunId)
          .terminate('By npx tenantry reconcile: the step journal has another state.')
      },
    },
    asked,
    asked.decision,
  )
  write(`${asked.id}: ${sayHow(asked, result)}`)
  return isFine(asked.action, result) ? 0 : 1
}

function* linesOf({ id, kind, subject, organizationId, firstSeenAt, details }: Finding): Generator<string> {
  const { means, otherwise, ...ways } = describeFindingKind(kind)
  const about =
    organizationId === null || organizationId === subject ? subject : `${subject}  ${organizationId}`
  yield `${id}  ${kind}  ${about}  since ${firstSeenAt.toISOString()}`
  yield `    ${means}`
  if (details.document !== undefined) yield `    ${details.document}`
  if (ways.import !== undefined) yield `    import: ${ways.import}`
  if (ways.delete !== undefined) yield `    delete: ${ways.delete}`
  if (otherwise !== undefined) yield `    or: ${otherwise}`
}

function sayHow({ action }: { action: Action }, result: RemediationOutcome): string {
  const { outcome } = result
  if (outcome === 'remediated') return `${action === 'import' ? 'imported' : 'deleted'}. That ${result.does}.`
  if (outcome === 'possible')
    return `dry run, nothing was done. ${action === 'import' ? 'Importing' : 'Deleting'} it ${result.does}.`
  if (outcome === 'gone')
    return 'the recheck does not find the difference any more, so the finding is closed.'
  if (outcome === 'unknown')
    return 'no finding has this id. `npx tenantry reconcile` lists the open findings.'
  if (outcome === 'refused') return `not done. ${result.reason}`
  const { resolution, actor } = result
  return `the finding is already closed: ${resolution}${actor === null ? '' : ` by ${actor}`}.`
}

function isFine(action: Action, result: RemediationOutcome): boolean {
  if (result.outcome === 'closed') return result.resolution.startsWith(action)
  return ['remediated', 'possible', 'gone'].includes(result.outcome)
}
