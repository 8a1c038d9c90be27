import type { Expression } from 'oxc-parser'
import type { Caller } from './callers.ts'
import type { SourceFile } from './source.ts'

/**
 * The texts that an expression can be, with `…` for what is only known at run time.
 * @throws Error naming the line, where it can't be told: codes and words are written out where they are thrown.
 */
export function textsOf(expression: Expression, file: SourceFile, caller?: Caller): string[] {
  const found = findTexts(expression, file, caller)
  if (found !== undefined) return found
  const line = file.text.slice(0, expression.start).split('\n').length
  throw new Error(`${file.path}:${line}: write this text out, so that docs/errors.md can show it.`)
}

/** As `textsOf`, for what may come from elsewhere. @returns undefined when it does. */
export function findTexts(expression: Expression, file: SourceFile, caller?: Caller): string[] | undefined {
  if (expression.type === 'Literal')
    return typeof expression.value === 'string' ? [expression.value] : undefined
  if (expression.type === 'TemplateLiteral')
    return [expression.quasis.map(({ value }) => value.cooked ?? value.raw).join('…')]
  if (expression.type === 'ConditionalExpression') {
    const sides = [expression.consequent, expression.alternate].map((side) => findTexts(side, file, caller))
    return sides.includes(undefined) ? undefined : sides.flatMap((texts) => texts ?? [])
  }
  // What stands before it is somebody else's own.
  if (expression.type === 'LogicalExpression') return findTexts(expression.right, file, caller)
  if (expression.type !== 'Identifier') return undefined
  const { name } = expression
  const constant = file.constants.findLast((each) => each.name === name && each.start < expression.start)
  if (constant !== undefined) return [constant.text]
  const given = caller?.call.what.arguments[caller.parameters.indexOf(name)]
  if (caller === undefined || given === undefined || given.type === 'SpreadElement') return undefined
  return findTexts(given, caller.call.file)
}
