import { z } from 'zod'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import type { Registry } from '../../plugins/registry.ts'
import { stepNotInstalled } from '../http/errors.ts'
import { notReadByStep } from '../http/field-errors.ts'
import { toPointer } from '../http/field-problems.ts'
import { isObject } from '../http/merge-patch.ts'
import { problem } from '../http/problem.ts'

/** What a planned step reads. @throws Problem when no plug-in here can say. */
export function inputOf(registry: Registry, planned: PlannedStep): z.ZodType {
  const step = registry.step(planned)
  if (step !== undefined) return step.input
  throw problem(stepNotInstalled, { parameters: { version: planned.version } })
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
    if (field === undefined) return [fieldProblem(toPointer([...path, key]), notReadByStep)]
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
