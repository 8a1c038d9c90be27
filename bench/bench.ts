import { bareSixActivities, type Contender, emptyWorkflow, ours } from './contenders.ts'
import {
  inFlight,
  keepBusy,
  latencyAlone,
  type Measurement,
  measureRound,
  median,
  nextTransactionId,
  type Probes,
  type Round,
} from './measure.ts'
import { printReport, verdict } from './bench-report.ts'
import { buildStand } from './stand.ts'

// Interleaved rounds: what else the machine does meets all contenders alike.
const rounds = 5
const warmUp = 400
const leadIn = 80
const perRound = 200
const aloneRuns = 40

const stand = await buildStand()
try {
  const contenders = [
    ours(stand.origin, stand.apiKey),
    bareSixActivities(stand.client, stand.platformId),
    emptyWorkflow(stand.client),
  ]
  for (const contender of contenders) await keepBusy(contender, warmUp)
  const measured = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      const { processes } = stand.probes
      measured.get(contender)?.push(await measureRound(contender, { leadIn, count: perRound, processes }))
    }
  }
  const measurements: Measurement[] = []
  for (const [contender, itsRounds] of measured) {
    measurements.push(await summarise(contender, itsRounds, stand.probes))
  }
  printReport(measurements)
  process.exitCode = verdict(measurements)
} finally {
  await stand.stop()
}

async function summarise(contender: Contender, itsRounds: Round[], probes: Probes): Promise<Measurement> {
  const p50 = await latencyAlone(contender, aloneRuns)
  const writesBefore = await nextTransactionId(probes.databaseUrl)
  await keepBusy(contender, inFlight)
  const writesAfter = await nextTransactionId(probes.databaseUrl)
  const names = Object.keys(probes.processes)
  return {
    name: contender.name,
    perSecond: itsRounds.map(({ perSecond }) => perSecond),
    p50,
    cpu: Object.fromEntries(names.map((name) => [name, median(itsRounds.map(({ cpu }) => cpu[name] ?? 0))])),
    writes: (writesAfter - writesBefore) / inFlight,
  }
}
