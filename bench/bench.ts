import { bareSixActivities, type Contender, emptyWorkflow, ours } from './contenders.ts'
import {
  inFlight,
  latencyWithoutLoad,
  mapValues,
  type Measurement,
  measureRound,
  median,
  nextTransactionId,
  type Round,
  runMany,
} from './measure.ts'
import { checkTargets, printReport } from './bench-report.ts'
import { startSystem } from './bench-system.ts'

// The contenders take turns in each round, so that other load of the machine affects all of them.
const rounds = 5
// The other numbers are runs of one contender.
const warmUp = 400
const leadIn = 80
const perRound = 200
const withoutLoad = 40

const system = await startSystem()
try {
  const contenders = [
    ours(system.origin, system.apiKey),
    bareSixActivities(system.client, system.parentId),
    emptyWorkflow(system.client),
  ]
  for (const contender of contenders) await runMany(contender, warmUp)
  const roundsOf = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      const options = { leadIn, count: perRound, processes: system.processes }
      roundsOf.get(contender)?.push(await measureRound(contender, options))
    }
  }
  const measurements: Measurement[] = []
  for (const [contender, measuredRounds] of roundsOf)
    measurements.push(await summarise(contender, measuredRounds))
  printReport(measurements)
  process.exitCode = checkTargets(measurements)
} finally {
  await system.stop()
}

async function summarise(contender: Contender, measuredRounds: Round[]): Promise<Measurement> {
  const p50 = await latencyWithoutLoad(contender, withoutLoad)
  const writesBefore = await nextTransactionId(system.databaseUrl)
  await runMany(contender, inFlight)
  const writesAfter = await nextTransactionId(system.databaseUrl)
  return {
    name: contender.name,
    perSecond: measuredRounds.map(({ perSecond }) => perSecond),
    p50,
    cpu: mapValues(system.processes, (_, name) => median(measuredRounds.map(({ cpu }) => cpu[name] ?? 0))),
    writes: (writesAfter - writesBefore) / inFlight,
  }
}
