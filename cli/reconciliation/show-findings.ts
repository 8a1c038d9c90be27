import type { Client } from '@temporalio/client'
import { compareChunk } from '../../activities/reconciliation/compare-chunk.ts'
import { createRunWorkflows } from '../../temporal/run-workflows.ts'
import {
  type Action,
  settleFinding,
  type Settlement,
} from '../../activities/reconciliation/remediate-finding.ts'
import type { Decision } from '../../activities/reconciliation/remediation.ts'
import { startRun } from '../../temporal/start-run.ts'
import { inWords } from '../../domain/reconciliation/finding-kinds.ts'
import { type Finding, listOpenFindings, readClock } from '../../domain/reconciliation/findings.ts'
import type { ReconcilePosition } from '../../workflows/contract.ts'
import type { Deployment } from '../deployment/compose.ts'

const millisecondsPerMinute = 60_000

type Parts = Pick<Deployment, 'db' | 'registry' | 'configuration'>
type Write = (line: string) => void

/**
 * Does a round of reconciling at once, and writes every finding that is open, with its ways out.
 * @param graceMinutes what is younger is left alone.
 * @returns the exit code: 1 when there is one, or something could not be compared.
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
  if (findings.length === 0) write('All that was compared fits together.')
  else write(`${findings.length === 1 ? '1 finding is' : `${findings.length} findings are`} open.`)
  return findings.length + notCompared.size === 0 ? 0 : 1
}

/**
 * Adopts or deletes what a finding is about, after a second look.
 * @param asked without a `decision` it is only said what would be done.
 * @returns the exit code: 1 when it can't be settled so.
 */
export async function settle(
  { db, registry, configuration }: Parts,
  client: Client,
  asked: { id: string; action: Action; decision: Decision | undefined },
  write: Write,
): Promise<number> {
  const { taskQueue, attentionDays } = configuration
  const settlement = await settleFinding(
    {
      db,
      billingAdapters: registry.billingAdapters,
      workflows: createRunWorkflows(client, taskQueue),
      startAgain: (run) => startRun({ client, db, taskQueue, attentionDays }, run, { again: true }),
      async terminate({ workflowId, temporalRunId }) {
        await client.workflow
          .getHandle(workflowId, temporalRunId)
          .terminate('By npx tenantry reconcile: the ledger stands elsewhere.')
      },
    },
    asked,
    asked.decision,
  )
  write(`${asked.id}: ${sayHow(asked, settlement)}`)
  return isFine(asked.action, settlement) ? 0 : 1
}

function* linesOf({ id, kind, subject, organizationId, firstSeenAt }: Finding): Generator<string> {
  const { means, otherwise, ...ways } = inWords(kind)
  const about =
    organizationId === null || organizationId === subject ? subject : `${subject}  ${organizationId}`
  yield `${id}  ${kind}  ${about}  since ${firstSeenAt.toISOString()}`
  yield `    ${means}`
  if (ways.adopt !== undefined) yield `    adopt: ${ways.adopt}`
  if (ways.delete !== undefined) yield `    delete: ${ways.delete}`
  if (otherwise !== undefined) yield `    or: ${otherwise}`
}

function sayHow({ action }: { action: Action }, settlement: Settlement): string {
  const { outcome } = settlement
  if (outcome === 'settled') return `${action === 'adopt' ? 'adopted' : 'deleted'}. That ${settlement.does}.`
  if (outcome === 'possible')
    return `nothing was done yet. ${action === 'adopt' ? 'Adopting' : 'Deleting'} it ${settlement.does}.`
  if (outcome === 'gone') return 'a second look does not find it any more, so it is closed.'
  if (outcome === 'unknown')
    return 'there is no such finding. `npx tenantry reconcile` lists those that are open.'
  if (outcome === 'refused') return `not done. ${settlement.reason}`
  const { resolution, actor } = settlement
  return `it is closed: ${resolution}${actor === null ? '' : ` by ${actor}`}.`
}

function isFine(action: Action, settlement: Settlement): boolean {
  if (settlement.outcome === 'closed') return settlement.resolution.startsWith(action)
  return ['settled', 'possible', 'gone'].includes(settlement.outcome)
}
