import { resolve } from 'node:path'
import { Command } from 'commander'
import { billedMonth } from './billed-month.ts'
import { projectRoot, readEnvironment } from '../deployment/environment.ts'

interface Options {
  config: string
  month?: string
  dryRun?: true
}

export function billCommand(): Command {
  return new Command('bill')
    .description('bill the usage of a month that is not billed yet')
    .option('-m, --month <month>', 'month to bill, such as 2026-10; by default the last month that has ended')
    .option('--dry-run', 'print what would be billed, and bill nothing')
    .option('-c, --config <file>', 'configuration file of the deployment', 'temporal.config.ts')
    .action(async ({ config, month, dryRun }: Options) => {
      const about = billedMonth(month, new Date())
      const { runBilling, showBilling } = await import('./bill.ts')
      const { withDeployment } = await import('../deployment/with-deployment.ts')
      const { withTemporalClient } = await import('../deployment/with-temporal-client.ts')
      process.exitCode = await withDeployment(
        readEnvironment(),
        resolve(projectRoot, config),
        (deployment, { temporal }) =>
          dryRun
            ? showBilling(deployment, about, console.log)
            : withTemporalClient(temporal, (client) => runBilling(deployment, client, about, console.log)),
      )
    })
}
