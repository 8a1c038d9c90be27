import type { Step } from './contract.ts'

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
 * Depth first, in the order the plug-ins declare, so that a plan reads the same every time.
 * @throws Error, one line, when steps wait for each other in a circle.
 */
export function inOrder(
  steps: ReadonlyMap<string, Step>,
  predecessors: ReadonlyMap<string, readonly string[]>,
): Step[] {
  const ordered = new Set<Step>()
  const visit = (step: Step, trail: readonly string[]): void => {
    if (ordered.has(step)) return
    if (trail.includes(step.id))
      throw new Error(`Steps wait for each other in a circle: ${[...trail, step.id].join(' → ')}.`)
    for (const id of predecessors.get(step.id) ?? []) {
      const before = steps.get(id)
      if (before !== undefined) visit(before, [...trail, step.id])
    }
    ordered.add(step)
  }
  for (const step of steps.values()) visit(step, [])
  return [...ordered]
}
