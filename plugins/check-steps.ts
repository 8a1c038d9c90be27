import type { Plugin, Step, StepReference } from './plugin-contract.ts'
import type { Fault } from './faults.ts'

/** Indexes the steps of new runs by id. A second step with the same id is a fault. */
export function indexSteps(plugins: readonly Plugin[]): { steps: Map<string, Step>; faults: Fault[] } {
  const steps = new Map<string, Step>()
  const faults: Fault[] = []
  const pluginOf = new Map<string, string>()
  for (const plugin of plugins) {
    for (const step of plugin.steps ?? []) {
      const other = steps.get(step.id)
      if (other === undefined) {
        steps.set(step.id, step)
        pluginOf.set(step.id, plugin.name)
      } else {
        faults.push(repeated(other, step, [pluginOf.get(step.id) ?? '', plugin.name]))
      }
    }
  }
  return { steps, faults }
}

function repeated(first: Step, second: Step, [one, other]: [string, string]): Fault {
  const names = one === other ? `The plug-in "${one}" brings` : `The plug-ins "${one}" and "${other}" bring`
  return first.version === second.version
    ? { message: `${names} the step "${first.id}" twice.`, nextAction: 'Remove one of them.' }
    : {
        message: `${names} versions ${first.version} and ${second.version} of the step "${first.id}".`,
        nextAction:
          'Keep one of them. For open runs, list an earlier version among the `retired` steps of a plug-in.',
      }
}

/** Indexes all versions of all steps by `versionKey`, retired ones included. A version that exists twice is a fault. */
export function indexVersions(
  plugins: readonly Plugin[],
  steps: ReadonlyMap<string, Step>,
): { versions: Map<string, Step>; faults: Fault[] } {
  const versions = new Map([...steps.values()].map((step) => [versionKey(step), step]))
  const faults: Fault[] = []
  for (const { name, retired = [] } of plugins) {
    for (const step of retired) {
      if (versions.has(versionKey(step))) faults.push(retiredTwice(name, step))
      else versions.set(versionKey(step), step)
    }
  }
  return { versions, faults }
}

export function versionKey({ id, version }: { id: string; version: number }): string {
  return `${id}@${version}`
}

function retiredTwice(plugin: string, { id, version }: Step): Fault {
  return {
    message: `The plug-in "${plugin}" retires version ${version} of the step "${id}", but that version already exists.`,
    nextAction: 'Remove it from `retired`, or raise the version of the step that takes its place.',
  }
}

/** Finds the references in `needs`, `reads`, `after` and `before` to steps that are missing, optional or of another version. */
export function referenceFaults(steps: ReadonlyMap<string, Step>): Fault[] {
  return [...steps.values()].flatMap((step) => [
    ...step.needs.flatMap((need) => needFaults(step, need, steps.get(need.id))),
    ...step.reads.flatMap((read) => [
      ...otherStepFaults(step, read.id, 'its `reads`', steps.get(read.id)),
      ...versionFaults(step, read, steps.get(read.id)),
    ]),
    ...[...(step.after ?? []), ...(step.before ?? [])].flatMap((id) =>
      otherStepFaults(step, id, 'its order', steps.get(id)),
    ),
  ])
}

function otherStepFaults(step: Step, id: string, where: string, named: Step | undefined): Fault[] {
  if (named !== undefined && named.operations.some((kind) => step.operations.includes(kind))) return []
  return [
    {
      message: `Step "${step.id}" names "${id}" in ${where}, which no plug-in brings for ${kindsOf(step)}.`,
      nextAction: 'Enable the plug-in that brings it, or correct the name.',
    },
  ]
}

function versionFaults(step: Step, declared: StepReference, enabled: Step | undefined): Fault[] {
  if (enabled === undefined || enabled.version === declared.version) return []
  return [
    {
      message: `Step "${step.id}" was written for version ${declared.version} of "${declared.id}", and version ${enabled.version} is enabled.`,
      nextAction: 'Bring both to the same version.',
    },
  ]
}

function needFaults(step: Step, need: StepReference, enabled: Step | undefined): Fault[] {
  if (enabled === undefined || !step.operations.every((kind) => enabled.operations.includes(kind))) {
    const kind = enabled === undefined ? '' : ` for ${kindsOf(step)}`
    return [
      {
        message: `Step "${step.id}" needs "${need.id}", which no plug-in brings${kind}.`,
        nextAction: 'Enable the plug-in that brings it.',
      },
    ]
  }
  const faults = versionFaults(step, need, enabled)
  if (enabled.optional) {
    faults.push({
      message: `Step "${step.id}" needs the output of "${need.id}", which may be skipped.`,
      nextAction: `Make "${need.id}" not optional, or name it in "after".`,
    })
  }
  return faults
}

function kindsOf({ operations }: Step): string {
  return operations.join(', ')
}
