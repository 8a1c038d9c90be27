import type { ColumnType } from 'kysely'

/** Filled in by the database where an insert leaves it out. */
export type Timestamp = ColumnType<Date, Date | undefined, Date>
export type NullableTimestamp = ColumnType<Date | null, Date | null | undefined, Date | null>
