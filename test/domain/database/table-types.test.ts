import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { projectRoot } from '../../../cli/deployment/environment.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'
import type { Column } from './table-fit.ts'

const { db } = await freshDatabaseForFile()
const cache = join(projectRoot, '.cache')
await mkdir(cache, { recursive: true })
const folder = await mkdtemp(join(cache, 'table-types-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

interface ColumnRow extends Omit<Column, 'values'> {
  table: string
  name: string
  /** In the form of Postgres: `CHECK ((kind = ANY (ARRAY['trial'::text, 'purchased'::text])))`. */
  checks: string[]
}

test('the table types fit the schema of the database', async () => {
  const { rows } = await sql<ColumnRow>`
    select class.relname as table, attname as name, format_type(atttypid, null) as type, not attnotnull as nullable,
      case when attidentity = 'a' then 'identity' when atthasdef then 'by default' else 'never' end as "filledIn",
      array(select pg_get_constraintdef(oid) from pg_constraint
        where conrelid = attrelid and contype = 'c' and conkey = array[attnum]) as checks
    from pg_attribute join pg_class as class on class.oid = attrelid
    where class.relnamespace = 'public'::regnamespace and class.relkind = 'r' and class.relname not like 'kysely_%'
      and attnum > 0 and not attisdropped
    order by class.relname, attnum
  `.execute(db)
  expect(rows.length).toBeGreaterThan(100)

  expect(await differences(rows)).toEqual([])
})

/** Lets the TypeScript compiler compare the table types with the columns. @returns the differences in words. */
async function differences(rows: ColumnRow[]): Promise<string[]> {
  await writeFile(join(folder, 'compared.ts'), `${comparisons(rows).join('\n')}\n`)
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: [], files: ['compared.ts'] }),
  )
  const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  )
  const found = output
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => /type '"(.*)"'\.$/.exec(line)?.[1]?.split('" | "') ?? line)
  return [...new Set(found)]
}

function comparisons(rows: ColumnRow[]): string[] {
  const tables = Map.groupBy(rows, ({ table }) => table)
  return [
    `import type { ColumnFit, NamesFit, TableFit } from '../../test/domain/database/table-fit.ts'`,
    ...rows.map((row) => `'fits' satisfies ColumnFit<'${row.table}', '${row.name}', ${typeOf(row)}>`),
    `'fits' satisfies TableFit<${union([...tables.keys()])}>`,
    ...[...tables].map(
      ([table, columns]) =>
        `'fits' satisfies NamesFit<'${table}', ${union(columns.map(({ name }) => name))}>`,
    ),
  ]
}

function typeOf({ type, nullable, filledIn, checks }: ColumnRow): string {
  const lists = checks.map((check) => /^CHECK \(\(\w+ = ANY \(ARRAY\[(.*)\]\)\)\)$/.exec(check)?.[1])
  const values = lists.find((list) => list !== undefined)?.match(/(?<=')[^']+(?='::)/g) ?? []
  return `{ type: '${type}'; nullable: ${nullable}; filledIn: '${filledIn}'; values: ${union(values)} }`
}

function union(values: string[]): string {
  return values.length === 0 ? 'never' : values.map((value) => `'${value}'`).join(' | ')
}
