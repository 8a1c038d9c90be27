import { inFlight, type Measurement, median } from './measure.ts'

/** What the engine's shape has to hold, relative to the bare six activities of the same run. */
const targets = { throughput: 2.5, p50: 0.5, writes: 7 }

export function printReport(measurements: Measurement[]): void {
  console.table(
    Object.fromEntries(
      measurements.map(({ name, perSecond, p50, writes }) => [
        name,
        {
          [`per second at ${inFlight} in flight`]: round(median(perSecond)),
          'slowest and fastest round': `${round(Math.min(...perSecond))} to ${round(Math.max(...perSecond))}`,
          'p50 alone, ms': round(p50),
          'own write transactions': round(writes),
        },
      ]),
    ),
  )
  console.log('CPU milliseconds per onboarding')
  console.table(
    Object.fromEntries(
      measurements.map(({ name, cpu }) => [
        name,
        Object.fromEntries(Object.entries(cpu).map(([process, value]) => [process, round(value)])),
      ]),
    ),
  )
}

/** Prints each target with what was measured. @returns the exit code: 1 when one is missed. */
export function verdict([ours, bare]: Measurement[]): number {
  if (ours === undefined || bare === undefined) throw new Error('There is nothing to compare.')
  // Round by round: the machine was as fast, or as busy, for one as for the other.
  const ratios = ours.perSecond.map((rate, index) => rate / (bare.perSecond[index] ?? Number.NaN))
  const checks = [
    {
      what: `throughput ÷ bare (at least ${targets.throughput})`,
      value: median(ratios),
      holds: median(ratios) >= targets.throughput,
    },
    {
      what: `p50 ÷ bare (at most ${targets.p50})`,
      value: ours.p50 / bare.p50,
      holds: ours.p50 / bare.p50 <= targets.p50,
    },
    {
      what: `own write transactions (at most ${targets.writes})`,
      value: ours.writes,
      holds: ours.writes <= targets.writes,
    },
  ]
  for (const { what, value, holds } of checks)
    console.log(`${holds ? 'holds ' : 'MISSED'}  ${what}: ${round(value)}`)
  console.log(`Throughput ÷ bare of each round: ${ratios.map(round).join(', ')}`)
  return checks.every(({ holds }) => holds) ? 0 : 1
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
