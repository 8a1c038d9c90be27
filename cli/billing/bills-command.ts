import { userInfo } from 'node:os'
import { Command } from 'commander'
import { handOverBill, writeOffBill } from '../../domain/billing/resolve-bill.ts'
import { withDatabase } from '../deployment/with-database.ts'
import { resolveBill, showOpenBills } from './show-bills.ts'

interface Options {
  reason: string
  actor: string
  notReported?: boolean
}

/** `tenantry bills list`, `… write-off` and `… hand-over`: lists open bills and resolves those that a provider refuses. */
export function billsCommand(): Command {
  const bills = new Command('bills').description('list open bills, and resolve those that a provider refuses')
  bills
    .command('list')
    .description('list all bills that are open, with the operation that reports each')
    .action(async () => {
      process.exitCode = await withDatabase((db) => showOpenBills(db, console.log))
    })
  bills.addCommand(
    resolutionCommand('write-off', 'write an open bill off: its devices are not billed', writeOffBill),
  )
  return bills.addCommand(
    resolutionCommand(
      'hand-over',
      'hand an open bill over to the present subscription of its account',
      handOverBill,
    ),
  )
}

function resolutionCommand(name: string, description: string, resolve: typeof writeOffBill): Command {
  return new Command(name)
    .description(description)
    .argument('<bill>', 'the id of the bill, as `bills list` prints it')
    .requiredOption('-r, --reason <why>', 'the reason, for the activity of the organization')
    .option('-a, --actor <who>', 'the actor, for the activity of the organization', userInfo().username)
    .option(
      '--not-reported',
      'the provider does not have the bill: you have checked it, because an answer was lost',
    )
    .action(async (id: string, { reason, actor, notReported = false }: Options) => {
      process.exitCode = await withDatabase((db) =>
        resolveBill(db, resolve, { id, actor, reason, notReported }, console.log),
      )
    })
}
