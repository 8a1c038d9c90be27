import type { ObjectExpression } from 'oxc-parser'
import { callersOf } from './callers.ts'
import { fieldsOf, type Found, type SourceFile } from './source.ts'
import { findTexts, textsOf } from './texts.ts'

export interface CodeWithMessages {
  code: string
  messages: string[]
}

/** What the API says of single fields: each literal with a code and a message that is no error of a step. */
export function findFieldCodes(files: SourceFile[]): CodeWithMessages[] {
  const calls = files.flatMap((file) => file.calls)
  const problems = files.flatMap(({ objects }) => objects).filter(isFieldProblem)
  return byCode(
    problems.flatMap((problem) =>
      callersOf(problem, calls).flatMap((caller) => {
        const [code, message] = ['code', 'message'].map((part) => {
          const text = fieldsOf(problem.what).get(part)
          return text === undefined ? undefined : findTexts(text, problem.file, caller)
        })
        return (code ?? []).map((each) => ({ code: each, messages: message ?? [] }))
      }),
    ),
  )
}

/** An object that copies the code of another error has none of its own. */
function isFieldProblem({ what }: Found<ObjectExpression>): boolean {
  const fields = fieldsOf(what)
  return fields.has('code') && fields.has('message') && !fields.has('class')
}

/** The types of failure that only Temporal shows. */
export function findTemporalFailures(files: SourceFile[]): CodeWithMessages[] {
  return byCode(
    files
      .flatMap(({ calls }) => calls)
      .flatMap(({ what: { callee, arguments: given }, file }) => {
        if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return []
        if (callee.object.name !== 'ApplicationFailure') return []
        const [message, type] = given
        if (message === undefined || message.type === 'SpreadElement') return []
        if (type === undefined || type.type === 'SpreadElement') return []
        const messages = findTexts(message, file) ?? []
        return textsOf(type, file).map((code) => ({ code, messages }))
      }),
  )
}

/** Each code once, with all that is said under it. */
function byCode(found: CodeWithMessages[]): CodeWithMessages[] {
  const all = Map.groupBy(found, ({ code }) => code)
  return [...all.keys()].sort().map((code) => ({
    code,
    messages: [...new Set((all.get(code) ?? []).flatMap(({ messages }) => messages))].sort(),
  }))
}
