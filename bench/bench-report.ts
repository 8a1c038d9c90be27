import { inFlight, mapValues, type Measurement, median } from './measure.ts'

/** The targets of AddAccount. Throughput and p50 are relative to the bare six activities of the same bench run. */
const targets = { throughput: 2.5, p50: 0.5, writes: 7 }

export function printReport(measurements: Measurement[]): void {
  console.table(
    Object.fromEntries(
      measurements.map(({ name, perSecond, p50, writes }) => [
        name,
        {
          [`per second at ${inFlight} in flight`]: round(median(perSecond)),
          'slowest to fastest round': `${round(Math.min(...perSecond))} to ${round(Math.max(...perSecond))}`,
          'p50 without load, ms': round(p50),
          'own write transactions': round(writes),
        },
      ]),
    ),
  )
  console.log('CPU milliseconds per onboarding')
  console.table(Object.fromEntries(measurements.map(({ name, cpu }) => [name, mapValues(cpu, round)])))
}

/** Prints each target with the measured value. @returns the exit code: 1 if a target is missed. */
export function checkTargets([ours, bare]: Measurement[]): number {
  if (ours === undefined || bare === undefined) throw new Error('There is nothing to compare.')
  // The contenders take turns in each round, so both had the same load of the machine.
  const ratios = ours.perSecond.map((rate, index) => rate / (bare.perSecond[index] ?? Number.NaN))
  const checks = [
    {
      title: `throughput ÷ bare (at least ${targets.throughput})`,
      value: median(ratios),
      isMet: median(ratios) >= targets.throughput,
    },
    {
      title: `p50 ÷ bare (at most ${targets.p50})`,
      value: ours.p50 / bare.p50,
      isMet: ours.p50 / bare.p50 <= targets.p50,
    },
    {
      title: `own write transactions (at most ${targets.writes})`,
      value: ours.writes,
      isMet: ours.writes <= targets.writes,
    },
  ]
  for (const { title, value, isMet } of checks)
    console.log(`${isMet ? 'met   ' : 'MISSED'}  ${title}: ${round(value)}`)
  console.log(`Throughput ÷ bare of each round: ${ratios.map(round).join(', ')}`)
  return checks.every(({ isMet }) => isMet) ? 0 : 1
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
