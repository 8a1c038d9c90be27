import type { Step } from './plugin-contract.ts'
import type { Fault } from './faults.ts'

/** The steps that come before each step: those it needs, those it names in `after`, and those that name it in `before`. */
export function predecessorsOf(steps: ReadonlyMap<string, Step>): Map<string, string[]> {
  const predecessors = new Map<string, string[]>()
  for (const step of steps.values()) {
    predecessors.set(step.id, [...step.needs.map(({ id }) => id), ...(step.after ?? [])])
  }
  for (const step of steps.values()) {
    for (const later of step.before ?? []) predecessors.get(later)?.push(step.id)
  }
  return new Map([...predecessors].map(([id, before]) => [id, [...new Set(before)]]))
}

/**
 * Depth first, in the order the plug-ins declare, so that a plan reads the same every time. Each circle of steps that wait
 * for each other is a fault.
 */
export function inOrder(
  steps: ReadonlyMap<string, Step>,
  predecessors: ReadonlyMap<string, readonly string[]>,
): { ordered: Step[]; faults: Fault[] } {
  const ordered = new Set<Step>()
  const faults: Fault[] = []
  const visit = (step: Step, trail: readonly string[]): void => {
    if (ordered.has(step)) return
    const start = trail.indexOf(step.id)
    if (start >= 0) {
      faults.push(circle([...trail.slice(start), step.id]))
      return
    }
    for (const id of predecessors.get(step.id) ?? []) {
      const before = steps.get(id)
      if (before !== undefined) visit(before, [...trail, step.id])
    }
    ordered.add(step)
  }
  for (const step of steps.values()) visit(step, [])
  return { ordered: [...ordered], faults }
}

function circle(ids: readonly string[]): Fault {
  return {
    message: `Steps wait for each other in a circle: ${ids.join(' → ')}.`,
    nextAction: 'Take one of them out of the needs or the order of the other.',
  }
}
