import { resolve } from 'node:path'
import { Command } from 'commander'
import { billedMonth } from './billed-month.ts'
import type { Deployment } from './compose.ts'
import { type Environment, projectRoot, readEnvironment } from './environment.ts'

interface Options {
  config: string
  month?: string
}

/** `tenantry bill` and `tenantry reconcile`: a month of billing, by hand. */
export function billingCommands(): Command[] {
  return [
    aboutMonth('bill', 'bill what was used in a month and was not billed yet')
      .option('--dry-run', 'only show what would be billed')
      .action(async (options: Options & { dryRun?: true }) => {
        const { runBillingOn, showBilling } = await import('./bill.ts')
        await run(options, (deployment, month, { temporal }) =>
          options.dryRun
            ? showBilling(deployment, month, write)
            : runBillingOn(deployment, temporal, month, write),
        )
      }),
    aboutMonth('reconcile', 'compare what was billed for a month with what the providers have').action(
      async (options: Options) => {
        const { reconcile } = await import('./reconcile.ts')
        await run(options, (deployment, month) => reconcile(deployment, month, write))
      },
    ),
  ]
}

function aboutMonth(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-m, --month <month>', 'such as 2026-10; the last one that has ended when left out')
    .option('-c, --config <file>', 'what this deployment is made of', 'temporal.config.ts')
}

async function run(
  { config, month }: Options,
  act: (deployment: Deployment, month: string, environment: Environment) => Promise<number>,
): Promise<void> {
  const about = billedMonth(month, new Date())
  const { withDeployment } = await import('./with-deployment.ts')
  process.exitCode = await withDeployment(
    readEnvironment(),
    resolve(projectRoot, config),
    (deployment, environment) => act(deployment, about, environment),
  )
}

function write(line: string): void {
  console.log(line)
}
