import type { History } from './history/history.ts'
import type { InvariantResult } from './invariants/check-invariants.ts'
import type { Violation } from './invariants/invariant.ts'

/** One fault that occurred, and the names of the requests that it affected. */
export interface InjectedFault {
  fault: string
  requestNames: string[]
}

interface FaultCount {
  fault: string
  injected: number
  /** The number of these faults whose requests have no violation. */
  survived: number
}

export function countFaults(
  injected: readonly InjectedFault[],
  results: readonly InvariantResult[],
): FaultCount[] {
  const violations = results.flatMap((result) => result.violations)
  const violated = new Set(violations.map(({ requestName }) => requestName))
  return [...Map.groupBy(injected, ({ fault }) => fault)].map(([fault, all]) => ({
    fault,
    injected: all.length,
    survived: all.filter(({ requestNames }) => !requestNames.some((name) => violated.has(name))).length,
  }))
}

/** @returns the number of runs in each status, as one line of text. */
export function describeStatuses({ runs }: Pick<History, 'runs'>): string {
  const byStatus = Map.groupBy(runs, ({ status, steps }) => {
    if (status !== 'needs_attention') return status
    const stuck = steps.find((step) => step.status === 'needs_attention')
    return `needs attention (${stuck?.error?.code})`
  })
  return [...byStatus].map(([status, { length }]) => `${length} ${status}`).join(', ')
}

/** @returns the lines of a table with a row for each fault. */
export function faultTable(counts: readonly FaultCount[]): string[] {
  const rows = [
    ['fault', 'injected', 'survived'],
    ...counts.map(({ fault, injected, survived }) => [fault, String(injected), String(survived)]),
  ]
  const width = Math.max(...rows.map(([fault = '']) => fault.length))
  return rows.map(
    ([fault = '', injected = '', survived = '']) =>
      `  ${fault.padEnd(width)}  ${injected.padStart(8)}  ${survived.padStart(8)}`,
  )
}

/** @returns a line for each invariant, and below it a line for each violation. */
export function resultLines(results: readonly InvariantResult[]): string[] {
  return results.flatMap(({ title, compared, violations }) => [
    `  ${violations.length === 0 ? '✓' : '✗'} ${title} (${compared})`,
    ...violations.map(violationLine),
  ])
}

function violationLine({ runId, requestName, message }: Violation): string {
  const subject = [requestName, runId].filter((part) => part !== undefined).join(', ')
  return `      ${subject === '' ? '' : `${subject}: `}${message}`
}
