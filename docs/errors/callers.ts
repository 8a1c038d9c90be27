import type { CallExpression, ObjectExpression } from 'oxc-parser'
import { fieldsOf, type Found } from './source.ts'

/** A call that gives the parameters of the function around an error their values. */
export interface Caller {
  parameters: (string | undefined)[]
  call: Found<CallExpression>
}

/**
 * The calls that give an error its code, where the function around it takes that as a parameter: there is one error for
 * each. Else one undefined, for the error as it is written.
 */
export function callersOf(
  { what, file, inside }: Found<ObjectExpression>,
  calls: Found<CallExpression>[],
): (Caller | undefined)[] {
  const code = fieldsOf(what).get('code')
  const around = inside.at(-1)
  if (code?.type !== 'Identifier' || around === undefined) return [undefined]
  const { name, parameters } = around
  if (!parameters.includes(code.name)) return [undefined]
  return calls
    .filter((call) => folderOf(call.file.path) === folderOf(file.path))
    .filter((call) => call.file === file || call.file.imports.includes(file.path))
    .filter(({ what: { callee } }) => callee.type === 'Identifier' && callee.name === name)
    .map((call) => ({ parameters, call }))
}

export const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
