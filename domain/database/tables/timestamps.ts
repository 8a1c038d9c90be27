import type { ColumnType } from 'kysely'

/** The database sets it when an insert leaves it out. */
export type Timestamp = ColumnType<Date, Date | undefined, Date>
export type NullableTimestamp = ColumnType<Date | null, Date | null | undefined, Date | null>
