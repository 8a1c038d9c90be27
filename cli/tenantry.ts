import { resolve } from 'node:path'
import { Command } from 'commander'
import pc from 'picocolors'
import { type Environment, projectRoot, readEnvironment } from './deployment/environment.ts'
import { billCommand } from './billing/bill-command.ts'
import { billsCommand } from './billing/bills-command.ts'
import { keysCommand } from './keys.ts'
import { reconcileCommand } from './reconciliation/reconcile-command.ts'
import { failuresIn } from './stack/failure.ts'
import { tellParent } from './stack/processes/process-message.ts'
import { printedProgress } from './stack/start-progress.ts'

const program = new Command('tenantry')
  .description('Add accounts through an API and a durable workflow')
  .showHelpAfterError()

interface Options {
  config: string
}

function command(
  name: string,
  description: string,
  run: (environment: Environment, configPath: string) => Promise<number>,
) {
  program
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'configuration file of the deployment', 'temporal.config.ts')
    .action(async (options: Options) => {
      process.exitCode = await run(readEnvironment(), resolve(projectRoot, options.config))
    })
}

command(
  'start',
  'run the worker and the API, with embedded servers unless you set your own, and add a sample account',
  async (environment, config) => {
    const { start } = await import('./start.ts')
    return start(
      environment,
      config,
      printedProgress(
        (line) => console.log(line),
        (line) => console.error(line),
      ),
    )
  },
)

const applications = {
  serve: { description: 'run a worker and the API in one process', parts: { worker: true, api: true } },
  worker: { description: 'run a worker', parts: { worker: true, api: false } },
  api: { description: 'run the API', parts: { worker: false, api: true } },
}
for (const [name, { description, parts }] of Object.entries(applications)) {
  command(name, description, async (environment, config) => {
    const { runApplication } = await import('./deployment/run-application.ts')
    await runApplication(environment, config, parts)
    return 0
  })
}

command(
  'doctor',
  'check the whole deployment and print each problem with its next action',
  async (environment, config) => {
    const { doctor } = await import('./doctor/doctor.ts')
    return doctor(environment, config, (line) => console.log(line))
  },
)

command('migrate', 'migrate the database of DATABASE_URL to the newest schema', async (environment) => {
  const { migrate } = await import('./migrate-command.ts')
  return migrate(environment)
})

program.addCommand(keysCommand())
program.addCommand(billCommand())
program.addCommand(billsCommand())
program.addCommand(reconcileCommand())

try {
  await program.parseAsync()
} catch (error) {
  const failures = failuresIn(error)
  if (failures.length === 0) throw error
  for (const { message, nextAction } of failures)
    console.error(`${pc.red('✗')} ${message}. ${pc.bold(nextAction)}.`)
  await tellParent({
    type: 'failed',
    failures: failures.map(({ message, nextAction }) => ({ message, nextAction })),
  })
  process.exitCode = 1
}
// An open channel to the parent process would keep this process alive.
if (process.connected) process.disconnect?.()
