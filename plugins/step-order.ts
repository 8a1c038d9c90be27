import type { Step } from './plugin-contract.ts'
import type { Fault } from './faults.ts'

/** Returns, for each step, the ids of the steps before it: those in its `needs` and `after`, and those that name it in `before`. */
export function predecessorsOf(steps: ReadonlyMap<string, Step>): Map<string, string[]> {
  const predecessors = new Map<string, string[]>()
  for (const step of steps.values())
    predecessors.set(step.id, [...step.needs.map(({ id }) => id), ...(step.after ?? [])])
  for (const step of steps.values())
    for (const later of step.before ?? []) predecessors.get(later)?.push(step.id)
  return new Map([...predecessors].map(([id, before]) => [id, [...new Set(before)]]))
}

/**
 * Orders the steps depth first, in the order in which the plug-ins declare them, so that equal requests have equal run plans. Each
 * cycle of steps that wait for each other is a fault.
 */
export function orderSteps(
  steps: ReadonlyMap<string, Step>,
  predecessors: ReadonlyMap<string, readonly string[]>,
): { ordered: Step[]; faults: Fault[] } {
  const ordered = new Set<Step>()
  const faults: Fault[] = []
  const visit = (step: Step, trail: readonly string[]): void => {
    if (ordered.has(step)) return
    const start = trail.indexOf(step.id)
    if (start >= 0) {
      faults.push(cycle([...trail.slice(start), step.id]))
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

function cycle(ids: readonly string[]): Fault {
  return {
    message: `Steps depend on each other in a cycle: ${ids.join(' → ')}.`,
    nextAction: 'Remove one of them from `needs`, `after` or `before` of the other.',
  }
}
