import { billMonth } from './bill-a-month.ts'
import { runRound } from './run-round.ts'
import type { History } from '../history/history.ts'
import { readWorkflowHistories } from '../history/read-workflow-histories.ts'
import { readRuns } from '../history/read-journal.ts'
import { readTables } from '../history/read-tables.ts'
import { addParents } from '../clients/add-parents.ts'
import { createApiClient } from '../clients/api-client.ts'
import { createCaller, type SentRequest } from '../clients/caller.ts'
import { createSupport } from '../clients/support.ts'
import type { Round } from './rounds.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { InjectedFault } from '../chaos-report.ts'
import { untilAllClosed } from './until-all-closed.ts'
import { finishDeploy, type System } from '../system/system.ts'

interface ScenarioRun {
  system: System
  recorder: Recorder
  rounds: readonly Round[]
  /** Called with each line of progress. */
  write(line: string): void
}

/** Support decides on stuck runs after every fourth round. */
const roundsBetweenDecisions = 4

/**
 * Runs all rounds, lets support decide on stuck runs, bills a month and reads the history.
 * @returns the history, the faults that occurred, and how often a call was repeated for want of an answer.
 * @throws Error when a caller gets no answer, a process does not recover, or a run does not close.
 */
export async function runScenario({ system, recorder, rounds, write }: ScenarioRun) {
  const api = createApiClient(system)
  const sent: SentRequest[] = []
  const support = createSupport(api, recorder, sent)
  const { parents, added } = await addParents(api)
  sent.push(...added)
  const caller = createCaller(api, parents)
  const background: Promise<unknown>[] = []
  const inBackground = (task: Promise<unknown>): void => {
    // The task is awaited after the rounds. Until then its rejection would count as unhandled.
    task.catch(() => undefined)
    background.push(task)
  }
  for (const [index, round] of rounds.entries()) {
    write(`  ${index + 1}/${rounds.length} ${round.fault} ${describeMoment(round)}`)
    const answered = await runRound({ system, recorder, caller }, round)
    sent.push(...answered)
    for (const each of answered) inBackground(caller.followUp(each))
    if ((index + 1) % roundsBetweenDecisions === 0) inBackground(support.decide())
  }

  write('  all rounds are done; support decides on stuck runs')
  recorder.stopHolding()
  await finishDeploy(system)
  await Promise.all(background)
  await Promise.all(sent.map((each) => caller.sendAgain(each)))
  await untilAllClosed(system.db, support)
  write('  a month is billed while its worker is killed')
  const held = heldUsageReports(rounds)
  const used = await billMonth({ system, recorder }, held)
  await untilAllClosed(system.db, support)

  const history = await readHistory({ system, recorder }, { sent, used })
  const injected: InjectedFault[] = [
    ...rounds.map(({ fault, requests }) => ({ fault, requestNames: requests.map(({ name }) => name) })),
    { fault: 'worker killed', requestNames: held },
    ...history.books.injections.map(({ provider, kind, name }) => ({
      fault: `${provider}: ${kind}`,
      requestNames: [name],
    })),
  ]
  return { history, injected, repeats: api.repeats() }
}

function describeMoment({ moment }: Round): string {
  return 'heldAt' in moment ? `while a ${moment.heldAt} call is held` : `after ${moment.answers} answers`
}

function heldUsageReports(rounds: readonly Round[]): string[] {
  return rounds.flatMap(({ requests }) => requests.filter(isUsageHeld).map(({ name }) => name))
}

function isUsageHeld({ callFaults }: Round['requests'][number]): boolean {
  return callFaults.billing.some(({ call, kind }) => call === 'reportUsage' && kind === 'held')
}

async function readHistory(
  { system, recorder }: Pick<ScenarioRun, 'system' | 'recorder'>,
  clientsNotes: Pick<History, 'sent' | 'used'>,
): Promise<History> {
  const runs = await readRuns(system.db)
  return {
    ...clientsNotes,
    runs,
    tables: await readTables(system.db),
    books: await recorder.read(),
    workflows: await readWorkflowHistories(system.client, runs),
    crashes: system.launcher.crashes,
  }
}
