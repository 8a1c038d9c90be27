import type { Plugin, Step } from './contract.ts'

/**
 * The enabled steps by id.
 * @throws Error, one line, when two plug-ins bring the same step, or the same step in two versions.
 */
export function indexSteps(plugins: readonly Plugin[]): Map<string, Step> {
  const index = new Map<string, Step>()
  const broughtBy = new Map<string, string>()
  for (const plugin of plugins) {
    for (const step of plugin.steps ?? []) {
      const other = index.get(step.id)
      if (other !== undefined) {
        const names = `"${broughtBy.get(step.id)}" and "${plugin.name}"`
        throw new Error(
          other.version === step.version
            ? `The plug-ins ${names} both bring a step named "${step.id}". Remove one of them.`
            : `The plug-ins ${names} bring versions ${other.version} and ${step.version} of the step "${step.id}". Keep one of them.`,
        )
      }
      index.set(step.id, step)
      broughtBy.set(step.id, plugin.name)
    }
  }
  return index
}

/** @throws Error, one line, when a step refers to one that is not enabled, or that it can't rely on. */
export function checkReferences(steps: ReadonlyMap<string, Step>): void {
  for (const step of steps.values()) {
    for (const need of step.needs) checkNeed(step, need, steps.get(need.id))
    for (const id of [...(step.after ?? []), ...(step.before ?? [])]) {
      const named = steps.get(id)
      if (named !== undefined && named.operations.some((kind) => step.operations.includes(kind))) continue
      throw new Error(
        `Step "${step.id}" names "${id}" in its order, which no plug-in brings for ${kindsOf(step)}.`,
      )
    }
  }
}

function checkNeed(step: Step, need: Step['needs'][number], enabled: Step | undefined): void {
  if (enabled === undefined || !step.operations.every((kind) => enabled.operations.includes(kind))) {
    throw new Error(
      `Step "${step.id}" needs "${need.id}", which no plug-in brings${enabled === undefined ? '' : ` for ${kindsOf(step)}`}.`,
    )
  }
  if (enabled.version !== need.version) {
    throw new Error(
      `Step "${step.id}" was written for version ${need.version} of "${need.id}", and version ${enabled.version} is enabled.`,
    )
  }
  if (enabled.optional) {
    throw new Error(
      `Step "${step.id}" needs the output of "${need.id}", which may be skipped. Make "${need.id}" not optional, or name it in "after".`,
    )
  }
}

function kindsOf({ operations }: Step): string {
  return operations.join(', ')
}
