import type { Expression, ObjectExpression } from 'oxc-parser'
import { type ErrorClass, errorClasses } from '../../domain/errors/error-class.ts'
import { type Caller, callersOf, folderOf } from './callers.ts'
import { fieldsOf, type Found, type SourceFile } from './source.ts'
import { textsOf } from './texts.ts'

/** An error that a step, an adapter or the engine reports, as it is written in the code. */
export interface StepErrorEntry {
  code: string
  class: ErrorClass
  namesFields: boolean
  message: string
  nextAction: string
  /** The plug-in that throws it, or `engine`. */
  by: string
  /** The steps that it is thrown in, where that can be told from the files. */
  steps: string[]
}

/** Every `StepError`, and every failure that is put together in another way, in these files. */
export function findStepErrors(files: SourceFile[]): StepErrorEntry[] {
  const calls = files.flatMap((file) => file.calls)
  const entries = files
    .flatMap(({ objects }) => objects)
    .filter(isError)
    .flatMap((error) => callersOf(error, calls).map((caller) => entryOf(error, caller, files)))
  const distinct = new Map(entries.map((entry) => [JSON.stringify(entry), entry]))
  return [...distinct.values()].sort((one, other) => one.code.localeCompare(other.code, 'en'))
}

const parts = ['class', 'code', 'message', 'nextAction']

/** A literal that copies the code of another error is none of its own. */
function isError({ what }: Found<ObjectExpression>): boolean {
  const fields = fieldsOf(what)
  return parts.every((part) => fields.has(part)) && fields.get('code')?.type !== 'MemberExpression'
}

function entryOf(
  { what, file }: Found<ObjectExpression>,
  caller: Caller | undefined,
  files: SourceFile[],
): StepErrorEntry {
  const fields = fieldsOf(what)
  const text = (part: string) => theOne(fields.get(part), part, file, caller)
  const errorClass = text('class')
  const known = errorClasses.find((each) => each === errorClass)
  if (known === undefined) throw new Error(`${file.path}: "${errorClass}" is no class of errors.`)
  return {
    code: text('code'),
    class: known,
    namesFields: fields.has('fields'),
    message: text('message'),
    nextAction: text('nextAction'),
    by: pluginOf(file.path),
    steps: stepsOf(caller?.call.file ?? file, files),
  }
}

function theOne(
  expression: Expression | undefined,
  part: string,
  file: SourceFile,
  caller: Caller | undefined,
): string {
  const [text, another] = expression === undefined ? [] : textsOf(expression, file, caller)
  if (text !== undefined && another === undefined) return text
  throw new Error(`${file.path}: an error has one ${part}; write two errors where there are two.`)
}

/** The steps that a file declares; else those of the files in its folder that import it, directly or not. */
function stepsOf(file: SourceFile, files: SourceFile[]): string[] {
  const own = file.calls.flatMap(
    ({
      what: {
        callee,
        arguments: [given],
      },
    }) => {
      if (callee.type !== 'Identifier' || callee.name !== 'defineStep' || given?.type !== 'ObjectExpression')
        return []
      const id = fieldsOf(given).get('id')
      return id === undefined ? [] : textsOf(id, file)
    },
  )
  if (own.length > 0) return own
  const importers = files.filter(
    ({ path, imports }) => folderOf(path) === folderOf(file.path) && imports.includes(file.path),
  )
  return [...new Set(importers.flatMap((importer) => stepsOf(importer, files)))].sort()
}

function pluginOf(path: string): string {
  const [room, plugin = ''] = path.split('/')
  return room === 'plugins' && !plugin.endsWith('.ts') ? plugin : 'engine'
}
