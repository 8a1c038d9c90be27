import type { History } from './history/history.ts'
import type { InvariantResult } from './invariants/check-invariants.ts'
import type { Violation } from './invariants/invariant.ts'

/** A fault that came about, and the requests that it met. */
export interface Injected {
  fault: string
  names: string[]
}

export interface FaultCount {
  fault: string
  injected: number
  /** Without anything in disagreement about the requests that it met. */
  survived: number
}

export function countFaults(
  injected: readonly Injected[],
  results: readonly InvariantResult[],
): FaultCount[] {
  const violations = results.flatMap((result) => result.violations)
  const harmed = new Set(violations.map(({ name }) => name))
  return [...Map.groupBy(injected, ({ fault }) => fault)].map(([fault, all]) => ({
    fault,
    injected: all.length,
    survived: all.filter(({ names }) => !names.some((name) => harmed.has(name))).length,
  }))
}

/** How the runs ended, in words. */
export function describeEnds({ runs }: Pick<History, 'runs'>): string {
  const ends = Map.groupBy(runs, ({ status, steps }) => {
    if (status !== 'needs_attention') return status
    const stuck = steps.find((step) => step.status === 'needs_attention')
    return `waiting for a person (${stuck?.error?.code})`
  })
  return [...ends].map(([end, { length }]) => `${length} ${end}`).join(', ')
}

/** A table as text. */
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

export function resultLines(results: readonly InvariantResult[]): string[] {
  return results.flatMap(({ title, compared, violations }) => [
    `  ${violations.length === 0 ? '✓' : '✗'} ${title} (${compared})`,
    ...violations.map(violationLine),
  ])
}

function violationLine({ run, name, what }: Violation): string {
  const whose = [name, run].filter((part) => part !== undefined).join(', ')
  return `      ${whose === '' ? '' : `${whose}: `}${what}`
}
