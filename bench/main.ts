import { bareSixActivities, type Contender, emptyWorkflow, ours } from './contenders.ts'
import {
  cpuTimes,
  inFlight,
  latencyAlone,
  type Measurement,
  median,
  nextTransactionId,
  type Probes,
  throughput,
} from './measure.ts'
import { printReport, verdict } from './report.ts'
import { buildStand } from './stand.ts'

// Interleaved rounds: what else the machine does meets all contenders alike.
const rounds = 3
const perRound = 160
const aloneRuns = 30

const stand = await buildStand()
try {
  const contenders = [
    ours(stand.origin, stand.apiKey),
    bareSixActivities(stand.client, stand.platformId),
    emptyWorkflow(stand.client),
  ]
  for (const contender of contenders) await throughput(contender, inFlight * 2)
  const rates = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) rates.get(contender)?.push(await throughput(contender, perRound))
  }
  const measurements: Measurement[] = []
  for (const contender of contenders) {
    measurements.push(await measure(contender, rates.get(contender) ?? [], stand.probes))
  }
  printReport(measurements)
  process.exitCode = verdict(measurements)
} finally {
  await stand.stop()
}

async function measure(contender: Contender, rates: number[], probes: Probes): Promise<Measurement> {
  const p50 = await latencyAlone(contender, aloneRuns)
  const cpuBefore = cpuTimes(probes.processes)
  const writesBefore = await nextTransactionId(probes.databaseUrl)
  await throughput(contender, perRound)
  const writesAfter = await nextTransactionId(probes.databaseUrl)
  const cpuAfter = cpuTimes(probes.processes)
  return {
    name: contender.name,
    perSecond: median(rates),
    p50,
    cpu: Object.fromEntries(
      Object.entries(cpuAfter).map(([name, after]) => [name, (after - (cpuBefore[name] ?? 0)) / perRound]),
    ),
    writes: (writesAfter - writesBefore) / perRound,
  }
}
