import { z } from 'zod'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import type { Registry } from '../../plugins/registry.ts'
import { stepNotInstalled } from '../http/errors.ts'
import { notReadByStep } from '../http/field-errors.ts'
import { toPointer } from '../http/field-problems.ts'
import { isObject } from '../http/merge-patch.ts'
import { invalidRequest, problem } from '../http/problem.ts'

/** The input schema of a planned step. @throws Problem when no enabled plug-in has this version of the step. */
export function inputOf(registry: Registry, planned: PlannedStep): z.ZodType {
  const step = registry.step(planned)
  if (step !== undefined) return step.input
  throw problem(stepNotInstalled, { parameters: { version: planned.version } })
}

/** Finds the fields of a correction that the step does not read. To change them would have no effect on the step. */
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

/** @throws Problem when a correction has problems. Their pointers are put below `/input`. */
export function refuseInput(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return
  throw invalidRequest(problems.map((field) => ({ ...field, pointer: `/input${field.pointer}` })))
}

function shapesOf(schema: z.core.$ZodType): Record<string, z.ZodType>[] {
  if (schema instanceof z.ZodObject) return [schema.shape]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(shapesOf)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapesOf(schema.unwrap())
  return []
}
