import { z } from 'zod'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import type { Registry } from '../../plugins/registry.ts'
import { toPointer } from '../http/field-problems.ts'
import { isObject } from '../http/merge-patch.ts'
import { Problem } from '../http/problem.ts'

/** What a planned step reads. @throws Problem when no plug-in here can say. */
export function inputOf(registry: Registry, planned: PlannedStep): z.ZodType {
  const step = registry.step(planned)
  if (step !== undefined) return step.input
  throw new Problem(
    'invalid_state',
    `No plug-in here brings version ${planned.version} of this step, so what is corrected can't be checked. Retry it without input, on a worker that has it.`,
  )
}

/** Names what a correction touches although the step does not read it: changing that would have no effect on the step. */
export function findUnreadFields(
  schema: z.ZodType,
  patch: Record<string, unknown>,
  path: readonly string[] = [],
): FieldProblem[] {
  const shapes = shapesOf(schema)
  if (shapes.length === 0) return []
  return Object.entries(patch).flatMap(([key, value]) => {
    const fields = shapes.flatMap((shape) => shape[key] ?? [])
    const [field] = fields
    if (field === undefined) {
      return [
        {
          pointer: toPointer([...path, key]),
          code: 'not_read_by_step',
          message: 'This step does not read this field, so it can not be corrected here.',
        },
      ]
    }
    return isObject(value) ? findUnreadFields(field, value, [...path, key]) : []
  })
}

/** The fields of an object schema; of a union, those of each of its kinds. */
function shapesOf(schema: z.core.$ZodType): Record<string, z.ZodType>[] {
  if (schema instanceof z.ZodObject) return [schema.shape]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(shapesOf)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapesOf(schema.unwrap())
  return []
}
