import { randomBytes } from 'node:crypto'
import { billMonth } from './bill-month.ts'
import { carryOutRound } from './carry-out-round.ts'
import type { Evidence } from './evidence/evidence.ts'
import { readHistories } from './evidence/read-histories.ts'
import { readRuns } from './evidence/read-runs.ts'
import { readTables } from './evidence/read-tables.ts'
import { type Judgement, judge } from './judge/judge.ts'
import { addParents } from './people/add-parents.ts'
import { createApiClient } from './people/api-client.ts'
import { createCustomer, type SentRequest } from './people/customer.ts'
import { createSupport } from './people/support.ts'
import { planRun, type Round } from './plan/rounds.ts'
import { type Recorder, startRecorder } from './recorder/recorder.ts'
import { countFaults, describeEnds, type FaultCount, faultTable, type Injected, judgementLines } from './report.ts'
import { settle } from './settle.ts'
import { startSystem, type System } from './system/system.ts'

export interface ChaosOptions {
  seed: number
  /** How many requests, not counting those that are sent again. */
  onboardings: number
  temporalCliPath: string
  /** Given what a person follows a run by, a line at a time. */
  write(line: string): void
}

export interface ChaosOutcome {
  judgements: Judgement[]
  faults: FaultCount[]
}

/** How many rounds people wait before they look at what is stuck. */
const roundsBetweenLooks = 4

/**
 * Has accounts added while everything around them fails, by a plan that follows from the seed; then judges what everybody
 * has on record.
 * @throws Error when the deployment does not come back, or something stays under way.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { seed, onboardings, write } = options
  const rounds = planRun(seed, onboardings)
  write(`Chaos with seed ${seed}: ${onboardings} onboardings in ${rounds.length} rounds`)
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const recorder = await startRecorder(secret)
  let system: System | undefined
  let isSound = false
  try {
    const { smtpUrl, billingUrl } = recorder
    const billing = { url: billingUrl, secret }
    system = await startSystem({ temporalCliPath: options.temporalCliPath, smtpUrl, billing })
    const { evidence, injected, repeats } = await storm({ system, recorder, rounds, write })
    const judgements = judge(evidence)
    const faults = countFaults(injected, judgements)
    for (const line of faultTable(faults)) write(line)
    write(`Ends: ${describeEnds(evidence)}. Customers asked again ${repeats} times for an answer.`)
    for (const line of judgementLines(judgements)) write(line)
    isSound = judgements.every(({ violations }) => violations.length === 0)
    return { judgements, faults }
  } finally {
    if (!isSound) {
      write(`To repeat it: npm run chaos -- --seed ${seed} --onboardings ${onboardings}`)
      if (system !== undefined) write(`The logs of all processes are kept in ${system.folder}`)
    }
    await system?.stop({ keepLogs: !isSound })
    await recorder.stop()
  }
}

interface Stage {
  system: System
  recorder: Recorder
  rounds: readonly Round[]
  write(line: string): void
}

async function storm({ system, recorder, rounds, write }: Stage) {
  const api = createApiClient(system)
  const sent: SentRequest[] = []
  const support = createSupport(api, recorder, sent)
  const { parents, requests } = await addParents(api)
  sent.push(...requests)
  const customer = createCustomer(api, parents)
  const meanwhile: Promise<unknown>[] = []
  for (const [index, round] of rounds.entries()) {
    write(`  ${index + 1}/${rounds.length} ${round.fault} ${describeMoment(round)}`)
    const answered = await carryOutRound({ system, recorder, customer }, round)
    sent.push(...answered)
    meanwhile.push(...answered.map((one) => customer.follow(one)))
    if (index % roundsBetweenLooks === roundsBetweenLooks - 1) meanwhile.push(support.decide())
  }

  write('  the storm is over; people look after what is stuck')
  recorder.calm()
  await Promise.all(meanwhile)
  await Promise.all(sent.map((one) => customer.sendAgain(one)))
  await settle(system.db, support)
  write('  a month is billed, and its worker killed')
  const held = heldBills(rounds)
  const used = await billMonth({ system, recorder }, held)
  await settle(system.db, support)

  const evidence = await gather({ system, recorder }, { sent, used })
  const injected: Injected[] = [
    ...rounds.map(({ fault, requests }) => ({ fault, names: requests.map(({ name }) => name) })),
    { fault: 'worker killed', names: held },
    ...evidence.books.injections.map(({ party, kind, name }) => ({ fault: `${party}: ${kind}`, names: [name] })),
  ]
  return { evidence, injected, repeats: api.repeats() }
}

function describeMoment({ moment }: Round): string {
  return 'heldAt' in moment ? `while held at ${moment.heldAt}` : `after ${moment.answers} answers`
}

function heldBills(rounds: readonly Round[]): string[] {
  const holds = ({ troubles }: Round['requests'][number]) =>
    troubles.billing.some(({ call, kind }) => call === 'reportUsage' && kind === 'held')
  return rounds.flatMap(({ requests }) => requests.filter(holds).map(({ name }) => name))
}

async function gather(
  { system, recorder }: Pick<Stage, 'system' | 'recorder'>,
  known: Pick<Evidence, 'sent' | 'used'>,
): Promise<Evidence> {
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
