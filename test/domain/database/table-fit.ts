import type { Insertable, Selectable } from 'kysely'
import type { Database } from '../../../domain/database/tables.ts'

/** The TypeScript type of each Postgres type. A bigint is read as text, because it may be too large for a number. */
interface TypeOfPostgres {
  text: string
  bigint: string
  integer: number
  boolean: boolean
  'timestamp with time zone': Date
  jsonb: object
  'text[]': string[]
}

/** A column, as the catalog of a migrated database describes it. */
export interface Column {
  type: string
  nullable: boolean
  /** Whether the database sets a value that an insert leaves out. With `identity`, an insert can not set one. */
  filledIn: 'never' | 'by default' | 'identity'
  /** The values that a check such as `status in ('active', 'closed')` allows; `never` without a check. */
  values: string
}

/** Compares the type of a column with the column: `fits`, or the difference in words. */
export type ColumnFit<
  Table extends string,
  Name extends string,
  C extends Column,
> = Table extends keyof Database
  ? Name extends keyof Database[Table]
    ? Result<`${Table}.${Name}`, Differences<Database[Table], Name, C>>
    : `${Table}.${Name}: its type is missing`
  : `${Table}: its type is missing`

/** `fits`, or the types without a table. */
export type TableFit<Tables extends string> = Result<
  Exclude<keyof Database, Tables>,
  'there is no such table'
>
/** `fits`, or the column types of a table without a column. `ColumnFit` finds a table without a type. */
export type NamesFit<Table extends string, Names extends string> = Table extends keyof Database
  ? Result<`${Table}.${Exclude<keyof Database[Table] & string, Names>}`, 'there is no such column'>
  : 'fits'

type Result<Of extends string, Difference extends string> = [`${Of}: ${Difference}`] extends [never]
  ? 'fits'
  : `${Of}: ${Difference}`

type Differences<T, Name extends keyof T, C extends Column> =
  | NullDifference<Read<T, Name>, C>
  | TypeDifference<NonNullable<Read<T, Name>>, C>
  | ValueDifference<NonNullable<Read<T, Name>>, C>
  | InsertDifference<T, Name, C>

type Read<T, Name> = Name extends keyof Selectable<T> ? Selectable<T>[Name] : never

type NullDifference<Value, C extends Column> = null extends Value
  ? C['nullable'] extends true
    ? never
    : 'its type may be null, the column may not'
  : C['nullable'] extends true
    ? 'the column may be null, its type may not'
    : never

type TypeDifference<Value, C extends Column> = C['type'] extends keyof TypeOfPostgres
  ? [Value] extends [TypeOfPostgres[C['type']]]
    ? never
    : `its type is not the type of ${C['type']}`
  : `TypeOfPostgres lacks ${C['type']}`

type ValueDifference<Value, C extends Column> = [C['values']] extends [never]
  ? never
  :
      | `its type lacks '${Exclude<C['values'], Value>}', which the check allows`
      | `its type has '${Exclude<Value & string, C['values']>}', which the check refuses`

type InsertDifference<T, Name, C extends Column> = Name extends keyof Insertable<T>
  ? C['filledIn'] extends 'identity'
    ? 'its type lets an insert set it, the database does not'
    : object extends Pick<Insertable<T>, Name>
      ? MayBeLeftOut<C> extends true
        ? never
        : 'its type lets an insert leave it out, the database does not'
      : MayBeLeftOut<C> extends true
        ? 'its type makes an insert set it, the database does not'
        : never
  : MayBeLeftOut<C> extends true
    ? never
    : 'its type lets no insert set it, the database needs it'

type MayBeLeftOut<C extends Column> = C['filledIn'] extends 'never' ? C['nullable'] : true
