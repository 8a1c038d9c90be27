import { type Selectable, sql, type Updateable } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'

type Row<Table extends keyof Database> = Selectable<Database[Table]>

/** Reads the rows with these values. */
export async function rowsOf<Table extends keyof Database>(
  db: DatabaseConnection,
  table: Table,
  values: Partial<Row<Table>>,
): Promise<Row<Table>[]> {
  const query = sql<Row<Table>>`select * from ${sql.table(table)} where ${matching(values)}`
  return (await query.execute(db)).rows
}

/** Changes the rows with these values, without a run. */
export async function changeRows<Table extends keyof Database>(
  db: DatabaseConnection,
  table: Table,
  values: Partial<Row<Table>>,
  changes: Updateable<Database[Table]>,
): Promise<void> {
  const columns = sql.join(equations(changes))
  await sql`update ${sql.table(table)} set ${columns} where ${matching(values)}`.execute(db)
}

const equations = (values: object) =>
  Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
const matching = (values: object) => sql.join(equations(values), sql` and `)
