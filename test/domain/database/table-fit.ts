import type { Insertable, Selectable } from 'kysely'
import type { Database } from '../../../domain/database/tables.ts'

/** What a type reads of a column of this type of Postgres. A bigint is read as text: it may be too large for a number. */
interface Base {
  text: string
  bigint: string
  integer: number
  boolean: boolean
  'timestamp with time zone': Date
  jsonb: object
  'text[]': string[]
}

/** A column as the catalogue of a migrated database has it. */
export interface Column {
  type: string
  nullable: boolean
  /** `identity`: the database fills it in, always. */
  filledIn: 'never' | 'by default' | 'identity'
  /** Of a check like `status in ('active', 'closed')`; `never` without one. */
  values: string
}

/** `fits`, or what is wrong in plain words. */
export type Fit<Table extends string, Name extends string, C extends Column> = Table extends keyof Database
  ? Name extends keyof Database[Table]
    ? Verdict<`${Table}.${Name}`, Wrong<Database[Table], Name, C>>
    : `${Table}.${Name}: its type is missing`
  : `${Table}: its type is missing`

/** What there is a type of, and no table or column. */
export type TableFit<Tables extends string> = Verdict<
  Exclude<keyof Database, Tables>,
  'there is no such table'
>
/** A table without a type is told by `Fit`. */
export type NamesFit<Table extends string, Names extends string> = Table extends keyof Database
  ? Verdict<`${Table}.${Exclude<keyof Database[Table] & string, Names>}`, 'there is no such column'>
  : 'fits'

type Verdict<Of extends string, Fault extends string> = [`${Of}: ${Fault}`] extends [never]
  ? 'fits'
  : `${Of}: ${Fault}`

type Wrong<T, Name extends keyof T, C extends Column> =
  | WrongNull<Read<T, Name>, C>
  | WrongBase<NonNullable<Read<T, Name>>, C>
  | WrongValues<NonNullable<Read<T, Name>>, C>
  | WrongInsert<T, Name, C>

type Read<T, Name> = Name extends keyof Selectable<T> ? Selectable<T>[Name] : never

type WrongNull<Value, C extends Column> = null extends Value
  ? C['nullable'] extends true
    ? never
    : 'its type may be null, the column may not'
  : C['nullable'] extends true
    ? 'the column may be null, its type may not'
    : never

type WrongBase<Value, C extends Column> = C['type'] extends keyof Base
  ? [Value] extends [Base[C['type']]]
    ? never
    : `its type does not fit to ${C['type']}`
  : `nobody said which type fits to ${C['type']}`

type WrongValues<Value, C extends Column> = [C['values']] extends [never]
  ? never
  :
      | `its type lacks '${Exclude<C['values'], Value>}', which the check allows`
      | `its type has '${Exclude<Value & string, C['values']>}', which the check refuses`

type WrongInsert<T, Name, C extends Column> = Name extends keyof Insertable<T>
  ? C['filledIn'] extends 'identity'
    ? 'its type lets an insert give it, the database does not'
    : object extends Pick<Insertable<T>, Name>
      ? MayBeLeftOut<C> extends true
        ? never
        : 'its type lets an insert leave it out, the database does not'
      : MayBeLeftOut<C> extends true
        ? 'its type asks an insert for it, the database does not'
        : never
  : MayBeLeftOut<C> extends true
    ? never
    : 'its type lets no insert give it, the database asks for it'

type MayBeLeftOut<C extends Column> = C['filledIn'] extends 'never' ? C['nullable'] : true
