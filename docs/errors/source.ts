import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CallExpression, type Expression, type ObjectExpression, parseSync, Visitor } from 'oxc-parser'

/** A function around something, as far as callers can fill it in. */
export interface Enclosing {
  name: string | undefined
  parameters: (string | undefined)[]
}

/** An object literal or a call, and the functions it stands in, outermost first. */
export interface Found<What> {
  what: What
  file: SourceFile
  inside: Enclosing[]
}

/** What the catalogue looks at in one file. */
export interface SourceFile {
  path: string
  text: string
  objects: Found<ObjectExpression>[]
  calls: Found<CallExpression>[]
  /** Constants that hold a text, in the order of the file. */
  constants: { name: string; text: string; start: number }[]
  /** Every text in the file. */
  texts: Set<string>
  /** Paths of the files of this project that it imports. */
  imports: string[]
}

/** Parses the files that match, all relative to the root of the project. @throws Error when one has a syntax error. */
export function readSources(root: string, patterns: string[]): SourceFile[] {
  const paths = globSync(patterns, { cwd: root }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => readSource(path, readFileSync(join(root, path), 'utf8')))
}

function readSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  const file: SourceFile = {
    path,
    text,
    objects: [],
    calls: [],
    constants: [],
    texts: new Set(),
    imports: [],
  }
  const inside: Enclosing[] = []
  const names = new WeakMap<object, string>()
  const enter = (node: { id?: { name: string } | null; params: { type: string }[] }) =>
    void inside.push({ name: node.id?.name ?? names.get(node), parameters: node.params.map(nameOf) })
  const leave = () => void inside.pop()
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
    ObjectExpression: (what) => void file.objects.push({ what, file, inside: [...inside] }),
    CallExpression: (what) => void file.calls.push({ what, file, inside: [...inside] }),
    VariableDeclarator({ id, init }) {
      if (id.type !== 'Identifier' || init === null) return
      names.set(init, id.name)
      if (init.type === 'Literal' && typeof init.value === 'string')
        file.constants.push({ name: id.name, text: init.value, start: id.start })
    },
    Literal: ({ value }) => void (typeof value === 'string' && file.texts.add(value)),
    ImportDeclaration({ source }) {
      if (source.value.startsWith('.')) file.imports.push(join(dirname(path), source.value))
    },
  }).visit(program)
  return file
}

function nameOf(parameter: object): string | undefined {
  return 'name' in parameter && typeof parameter.name === 'string' ? parameter.name : undefined
}

/** The fields of an object literal that are written out. */
export function fieldsOf(object: ObjectExpression): Map<string, Expression> {
  const fields = new Map<string, Expression>()
  for (const property of object.properties) {
    if (property.type === 'Property' && property.key.type === 'Identifier')
      fields.set(property.key.name, property.value)
  }
  return fields
}
