import { showFindings, remediate } from '../../cli/reconciliation/show-findings.ts'
import type { Action } from '../../activities/reconciliation/remediate-finding.ts'
import { findFinding } from '../../domain/reconciliation/findings.ts'
import type { FindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import type { Plugin } from '../../plugins/plugin-contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { memoryBilling } from '../stack/memory-billing.ts'

/** Starts a deployment with a billing provider in memory for all tests of a file, and offers the command `reconcile`. */
export async function startReconciledDeployment(...plugins: Plugin[]) {
  const provider = memoryBilling()
  const { engine, api } = await startEngineForFile({ plugins: [provider.plugin, ...plugins] })

  /** Runs `npx tenantry reconcile --grace`. @param graceMinutes the grace; the default is 0. */
  const reconcile = async ({ graceMinutes = 0 }: { graceMinutes?: number } = {}) => {
    const lines: string[] = []
    const code = await showFindings(engine, engine.client, { graceMinutes }, (line) => lines.push(line))
    const findings = lines.flatMap((line) => {
      const [id = '', kind = '', subject = ''] = line.split('  ')
      return id.startsWith('fnd_') ? [{ id, kind, subject }] : []
    })
    return { code, lines, findings }
  }

  /** A run is closed in our records a moment before its workflow. Without grace, the open workflow would be a finding. */
  const untilWorkflowClosed = async ({ workflow }: { workflow: { id: string } }) => {
    await engine.client.workflow.getHandle(workflow.id).result()
  }

  return {
    engine,
    api,
    provider,
    db: engine.db,
    reconcile,
    untilWorkflowClosed,

    /** Reconciles. @returns the kinds of the open findings, sorted. */
    kinds: async () => (await reconcile()).findings.map(({ kind }) => kind).toSorted(),

    /**
     * Reconciles.
     * @returns the id of the finding of this kind, and of this subject if it is given.
     * @throws Error when there is not exactly one.
     */
    async find(kind: FindingKind, subject?: string): Promise<string> {
      const { findings, lines } = await reconcile()
      const same = findings.filter(
        (finding) => finding.kind === kind && (subject === undefined || finding.subject === subject),
      )
      const [only, another] = same
      if (only === undefined || another !== undefined)
        throw new Error(`There are ${same.length} findings ${kind}:\n${lines.join('\n')}`)
      return only.id
    },

    /** Runs `npx tenantry reconcile import` or `npx tenantry reconcile delete`. */
    async remediate(action: Action, id: string, { dryRun = false }: { dryRun?: boolean } = {}) {
      const lines: string[] = []
      const decision = dryRun ? undefined : { actor: 'olga', reason: 'Seen in a test' }
      const code = await remediate(engine, engine.client, { id, action, decision }, (line) =>
        lines.push(line),
      )
      return { code, output: lines.join('\n') }
    },

    read: (id: string) => findFinding(engine.db, id),

    /** Adds an account. The provider in memory bills it, unless `overrides` has another plan. */
    async addAccount(overrides: Parameters<typeof anAccountBody>[0] = {}): Promise<string> {
      const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
      const { body } = await api.addAccount(anAccountBody({ plan, ...overrides }))
      await untilWorkflowClosed(body)
      return body.organizationId
    },

    /** Runs an operation on an account, and waits until the operation and its workflow are completed. */
    async runOperation(organizationId: string, operation: 'suspend' | 'restore' | 'close'): Promise<void> {
      const wait = { prefer: 'wait=20' }
      const { body } = await api.send('POST', `/v1/organizations/${organizationId}/${operation}`, {}, wait)
      if (body.status !== 'completed') throw new Error(`It is ${JSON.stringify(body)}`)
      await untilWorkflowClosed(body)
    },

    /** @returns the subscription of an account in our tables. */
    async subscriptionOf(organizationId: string): Promise<string | null | undefined> {
      const row = await engine.db
        .selectFrom('subscriptions')
        .select('external_subscription_id')
        .where('organization_id', '=', organizationId)
        .executeTakeFirst()
      return row?.external_subscription_id
    },
  }
}
