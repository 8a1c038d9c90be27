import { resolve } from 'node:path'
import { Command } from 'commander'
import { billedMonth } from './billed-month.ts'
import { projectRoot, readEnvironment } from '../deployment/environment.ts'

interface Options {
  config: string
  month?: string
  dryRun?: true
}

/** `tenantry bill`: a month of billing, by hand. */
export function billCommand(): Command {
  return new Command('bill')
    .description('bill what was used in a month and was not billed yet')
    .option('-m, --month <month>', 'such as 2026-10; the last one that has ended when left out')
    .option('--dry-run', 'only show what would be billed')
    .option('-c, --config <file>', 'what this deployment is made of', 'temporal.config.ts')
    .action(async ({ config, month, dryRun }: Options) => {
      const about = billedMonth(month, new Date())
      const { runBillingOn, showBilling } = await import('./bill.ts')
      const { withDeployment } = await import('../deployment/with-deployment.ts')
      process.exitCode = await withDeployment(
        readEnvironment(),
        resolve(projectRoot, config),
        (deployment, { temporal }) =>
          dryRun ? showBilling(deployment, about, write) : runBillingOn(deployment, temporal, about, write),
      )
    })
}

function write(line: string): void {
  console.log(line)
}
