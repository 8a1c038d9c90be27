import { z } from 'zod'

/** Whether the input schema of a step has the field at this path, or has no fields there, so that the step reads everything. */
export function readsField(schema: z.core.$ZodType, [key, ...rest]: readonly string[]): boolean {
  const shapes = shapesOf(schema)
  if (key === undefined || shapes.length === 0) return true
  return shapes.some((shape) => shape[key] !== undefined && readsField(shape[key], rest))
}

function shapesOf(schema: z.core.$ZodType): Record<string, z.ZodType>[] {
  if (schema instanceof z.ZodObject) return [schema.shape]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(shapesOf)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapesOf(schema.unwrap())
  return []
}
