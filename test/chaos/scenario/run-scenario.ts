import { billMonth } from './bill-a-month.ts'
import { runRound } from './run-round.ts'
import type { History } from '../history/history.ts'
import { readHistories } from '../history/read-workflow-histories.ts'
import { readRuns } from '../history/read-journal.ts'
import { readTables } from '../history/read-tables.ts'
import { addParents } from '../clients/add-parents.ts'
import { createApiClient } from '../clients/api-client.ts'
import { createCustomer, type SentRequest } from '../clients/customer.ts'
import { createSupport } from '../clients/support.ts'
import type { Round } from './rounds.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { Injected } from '../chaos-report.ts'
import { untilAllClosed } from './until-all-closed.ts'
import { finishDeploy, type System } from '../system/system.ts'

interface Stage {
  system: System
  recorder: Recorder
  rounds: readonly Round[]
  write(line: string): void
}

/** How many rounds people wait before they look at what is stuck. */
const roundsBetweenLooks = 4

/** Carries out all rounds, lets people mend what they can, has a month billed, and gathers what everybody has on record. */
export async function runScenario({ system, recorder, rounds, write }: Stage) {
  const api = createApiClient(system)
  const sent: SentRequest[] = []
  const support = createSupport(api, recorder, sent)
  const { parents, added } = await addParents(api)
  sent.push(...added)
  const customer = createCustomer(api, parents)
  const meanwhile: Promise<unknown>[] = []
  const letGoOn = (doing: Promise<unknown>): void => {
    // It is waited for when the runScenario is over; until then nobody else would catch what it throws.
    doing.catch(() => undefined)
    meanwhile.push(doing)
  }
  for (const [index, round] of rounds.entries()) {
    write(`  ${index + 1}/${rounds.length} ${round.fault} ${describeMoment(round)}`)
    const answered = await runRound({ system, recorder, customer }, round)
    sent.push(...answered)
    for (const one of answered) letGoOn(customer.follow(one))
    if (index % roundsBetweenLooks === roundsBetweenLooks - 1) letGoOn(support.decide())
  }

  write('  the runScenario is over; people look after what is stuck')
  recorder.calm()
  await finishDeploy(system)
  await Promise.all(meanwhile)
  await Promise.all(sent.map((one) => customer.sendAgain(one)))
  await untilAllClosed(system.db, support)
  write('  a month is billed, and its worker killed')
  const held = heldBills(rounds)
  const used = await billMonth({ system, recorder }, held)
  await untilAllClosed(system.db, support)

  const history = await gather({ system, recorder }, { sent, used })
  const injected: Injected[] = [
    ...rounds.map(({ fault, requests }) => ({ fault, names: requests.map(({ name }) => name) })),
    { fault: 'worker killed', names: held },
    ...history.books.injections.map(({ party, kind, name }) => ({
      fault: `${party}: ${kind}`,
      names: [name],
    })),
  ]
  return { history, injected, repeats: api.repeats() }
}

function describeMoment({ moment }: Round): string {
  return 'heldAt' in moment ? `while held at ${moment.heldAt}` : `after ${moment.answers} answers`
}

function heldBills(rounds: readonly Round[]): string[] {
  return rounds.flatMap(({ requests }) => requests.filter(isBillHeld).map(({ name }) => name))
}

function isBillHeld({ troubles }: Round['requests'][number]): boolean {
  return troubles.billing.some(({ call, kind }) => call === 'reportUsage' && kind === 'held')
}

async function gather(
  { system, recorder }: Pick<Stage, 'system' | 'recorder'>,
  known: Pick<History, 'sent' | 'used'>,
): Promise<History> {
  const runs = await readRuns(system.db)
  return {
    ...known,
    runs,
    tables: await readTables(system.db),
    books: await recorder.read(),
    histories: await readHistories(system.client, runs),
    crashes: system.launcher.crashes,
  }
}
