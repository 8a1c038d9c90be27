import { z } from 'zod'
import { type FieldTypes, requestFields } from '../domain/runs/request-fields.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import type { Step, StepReference } from './plugin-contract.ts'
import type { Fault } from './faults.ts'
import { outputNames } from './exact-input.ts'

type Steps = ReadonlyMap<string, Step>
type Predecessors = ReadonlyMap<string, readonly string[]>

/**
 * Finds the steps whose input is not exact: outputs with the name of another field, required fields that no run can have, and
 * outputs that are read in no fixed order.
 */
export function inputFaults(steps: Steps, predecessors: Predecessors): Fault[] {
  return [...steps.values()].flatMap((step) => {
    const before = stepsBefore(step.id, predecessors)
    return [
      ...unorderedReads(step, before, { steps, predecessors }),
      ...step.operations.flatMap((kind) => [
        ...clashesWithRequest(step, kind),
        ...clashesWithOthers(step, kind, steps),
        ...impossibleFields(step, kind, { steps, before }),
      ]),
    ]
  })
}

function fieldsOf(kind: RunKind): Record<string, FieldTypes> {
  return { ...requestFields[kind], parentId: 'string' }
}

function clashesWithRequest(step: Step, kind: RunKind): Fault[] {
  const fields = fieldsOf(kind)
  return outputNames(step)
    .filter((name) => name in fields)
    .map((name) => ({
      message: `The output "${name}" of step "${step.id}" has the name of a field of the request for ${kind}.`,
      nextAction: 'Give the output another name.',
    }))
}

/** The steps whose output this step may get in a run of this kind. */
function declaredFor({ needs, reads }: Step, kind: RunKind, steps: Steps): StepReference[] {
  return [...needs, ...reads].filter(({ id }) => steps.get(id)?.operations.includes(kind))
}

function clashesWithOthers(step: Step, kind: RunKind, steps: Steps): Fault[] {
  const ownerOf = new Map<string, string>()
  return declaredFor(step, kind, steps).flatMap((declared) =>
    outputNames(declared).flatMap((name) => {
      const owner = ownerOf.get(name) ?? declared.id
      ownerOf.set(name, owner)
      if (owner === declared.id) return []
      return [
        {
          message: `Step "${step.id}" reads the output "${name}" of both "${owner}" and "${declared.id}".`,
          nextAction: 'Give one of the outputs another name, or read only one of them.',
        },
      ]
    }),
  )
}

function unorderedReads(
  step: Step,
  before: ReadonlySet<string>,
  { steps, predecessors }: { steps: Steps; predecessors: Predecessors },
): Fault[] {
  return step.reads
    .filter(({ id }) => steps.has(id) && !before.has(id) && !stepsBefore(id, predecessors).has(step.id))
    .map(({ id }) => ({
      message: `Step "${step.id}" reads the output of "${id}", and neither runs before the other.`,
      nextAction: `Name "${id}" in \`after\` of "${step.id}".`,
    }))
}

/** All steps that run before a step, as far as they are known. */
function stepsBefore(id: string, predecessors: Predecessors, found = new Set<string>()): Set<string> {
  for (const earlier of predecessors.get(id) ?? []) {
    if (found.has(earlier)) continue
    found.add(earlier)
    stepsBefore(earlier, predecessors, found)
  }
  return found
}

function impossibleFields(
  step: Step,
  kind: RunKind,
  { steps, before }: { steps: Steps; before: ReadonlySet<string> },
): Fault[] {
  const outputs = declaredFor(step, kind, steps)
    .filter(({ id }) => before.has(id))
    .flatMap(outputNames)
  const fields: Fields = { ...fieldsOf(kind) }
  for (const name of outputs) fields[name] = anyType
  return unmet(jsonSchemaOf(step.input), fields).map((field) => ({
    message: `Step "${step.id}" requires ${field} in its input, which no run for ${kind} has.`,
    nextAction: 'Correct the field, make it optional, or name the step in `needs` whose output has it.',
  }))
}

const anyType = 'any'
type Fields = Record<string, FieldTypes | typeof anyType>

/** Empty for a schema that JSON Schema cannot express. */
function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  try {
    return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  } catch {
    return {}
  }
}

/** The required fields of a schema that no such object has. What cannot be decided is left out. */
function unmet(
  { required = [], properties = {} }: z.core.JSONSchema.JSONSchema,
  fields: Readonly<Fields>,
  path = '',
): string[] {
  return required.flatMap((name) => {
    const at = `${path}${name}`
    const field = fields[name]
    if (field === undefined) return [`"${at}"`]
    const wanted = properties[name]
    if (field === anyType || typeof wanted !== 'object' || wanted.type === undefined) return []
    const type = wanted.type === 'integer' ? 'number' : wanted.type
    if (type !== (typeof field === 'object' ? 'object' : field)) return [`"${at}" as ${String(wanted.type)}`]
    return typeof field === 'object' ? unmet(wanted, field, `${at}.`) : []
  })
}
