import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { Client } from '@temporalio/client'
import { Command, InvalidArgumentError } from 'commander'
import type { Action } from '../../activities/reconciliation/remediate-finding.ts'
import { billedMonth } from '../billing/billed-month.ts'
import type { Deployment } from '../deployment/compose.ts'
import { projectRoot, readEnvironment } from '../deployment/environment.ts'
import { defaultGraceMinutes } from '../../temporal/schedules.ts'
import { StartFailure } from '../stack/failure.ts'

interface Options {
  config: string
  /** True when the option has no value. */
  month?: string | true
  grace: number
}

interface RemediationOptions extends Options {
  reason?: string
  actor: string
  dryRun?: true
}

/** `tenantry reconcile`, `… import` and `… delete`: lists findings and resolves them. */
export function reconcileCommand(): Command {
  const reconcile = new Command('reconcile')
    .description('list the differences between records, billing providers and workflows')
    .option(
      '-m, --month [month]',
      'compare a billed month with the providers instead; by default the last month that has ended',
    )
    .option(
      '--grace <minutes>',
      'ignore objects younger than this, because a run may still be changing them',
      asMinutes,
      defaultGraceMinutes,
    )
    .option('-c, --config <file>', 'configuration file of the deployment', 'temporal.config.ts')
    .action(async ({ config, month, grace: graceMinutes }: Options) => {
      if (month !== undefined) return compareMonth(config, month === true ? undefined : month)
      const { showFindings } = await import('./show-findings.ts')
      await run(config, (deployment, client) => showFindings(deployment, client, { graceMinutes }, write))
    })
  return reconcile
    .addCommand(
      remediationCommand('import', 'accept what a finding is about as ours, if a recheck verifies it'),
    )
    .addCommand(remediationCommand('delete', 'remove what a finding is about, if a recheck still finds it'))
}

function remediationCommand(action: Action, description: string): Command {
  return new Command(action)
    .description(description)
    .argument('<finding>', 'the id of the finding, as `reconcile` prints it')
    .option('-r, --reason <why>', 'the reason, for the audit trail')
    .option('-a, --actor <who>', 'the actor, for the audit trail', userInfo().username)
    .option('--dry-run', 'recheck the finding and print what would be done, with no effect')
    .action(async (id: string, _: unknown, command: Command) => {
      const { config, reason, actor, dryRun } = command.optsWithGlobals<RemediationOptions>()
      if (reason === undefined && !dryRun)
        throw new StartFailure(
          'The audit trail needs a reason',
          'Give one: --reason "restored from a backup"',
        )
      const decision = reason === undefined || dryRun ? undefined : { actor, reason }
      const { remediate } = await import('./show-findings.ts')
      await run(config, (deployment, client) =>
        remediate(deployment, client, { id, action, decision }, write),
      )
    })
}

async function compareMonth(config: string, given: string | undefined): Promise<void> {
  const month = billedMonth(given, new Date())
  const { reconcile } = await import('./reconcile.ts')
  const { withDeployment } = await import('../deployment/with-deployment.ts')
  process.exitCode = await withDeployment(readEnvironment(), resolve(projectRoot, config), (deployment) =>
    reconcile(deployment, month, write),
  )
}

async function run(
  config: string,
  act: (deployment: Deployment, client: Client) => Promise<number>,
): Promise<void> {
  const { withDeployment } = await import('../deployment/with-deployment.ts')
  const { withTemporalClient } = await import('../deployment/with-temporal-client.ts')
  process.exitCode = await withDeployment(
    readEnvironment(),
    resolve(projectRoot, config),
    (deployment, { temporal }) => withTemporalClient(temporal, (client) => act(deployment, client)),
  )
}

function asMinutes(text: string): number {
  const minutes = Number(text)
  if (!Number.isInteger(minutes) || minutes < 0)
    throw new InvalidArgumentError('Give a whole number of minutes.')
  return minutes
}

function write(line: string): void {
  console.log(line)
}
