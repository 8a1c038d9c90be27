import fc from 'fast-check'

/** The part of JSON Schema that the OpenAPI document of the API uses. */
export interface Schema {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minimum?: number
  maximum?: number
  format?: string
}

/** Makes values that mostly follow a schema, with a wrong value at any place now and then. @param schemas the named ones. */
export function nearly(schema: Schema, schemas: Record<string, Schema>): fc.Arbitrary<unknown> {
  const near = (inner: Schema): fc.Arbitrary<unknown> =>
    fc.oneof(
      { weight: 8, arbitrary: valid(inner) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
    )
  const valid = (inner: Schema): fc.Arbitrary<unknown> => {
    if (inner.$ref !== undefined) return valid(schemas[inner.$ref.split('/').at(-1) ?? ''] ?? {})
    if (inner.const !== undefined) return fc.constant(inner.const)
    if (inner.enum !== undefined) return fc.constantFrom(...inner.enum)
    const choices = inner.anyOf ?? inner.oneOf
    if (choices !== undefined) return fc.oneof(...choices.map(valid))
    switch (inner.type) {
      case 'object': {
        const properties = Object.entries(inner.properties ?? {})
        const fields = Object.fromEntries(properties.map(([name, field]) => [name, near(field)]))
        const record = fc.record(fields, { requiredKeys: inner.required ?? [] })
        const extra = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })
        return fc.oneof(
          { weight: 6, arbitrary: record },
          { weight: 1, arbitrary: fc.tuple(extra, record).map(([more, all]) => ({ ...more, ...all })) },
        )
      }
      case 'array':
        return fc.array(near(inner.items ?? {}), { maxLength: 3 })
      case 'integer':
        return fc.integer({ min: inner.minimum ?? -5, max: Math.min(inner.maximum ?? 1e6, 1e6) })
      case 'number':
        return fc.double()
      case 'boolean':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      case 'string':
        // An address that needs no DNS.
        return inner.format === 'uri' ? fc.constant('https://8.8.8.8/hook') : fc.string({ maxLength: 60 })
      case undefined:
      default:
        return fc.jsonValue({ maxDepth: 2 })
    }
  }
  return near(schema)
}
