import { globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { sql } from 'kysely'
import type { InTransaction, StepContext, TransactionalStep } from 'tenantry'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { anOrganization } from '../builders/organization.ts'
import { freshDatabase } from '../stack/database.ts'
import { packageWithExamples } from './code-blocks.ts'

const contract = globSync('plugins/contract/*.ts', { cwd: projectRoot }).sort()
const { folder, blocks } = await packageWithExamples(['README.md', 'docs/plugins.md', ...contract])
afterAll(() => rm(folder, { recursive: true }))

test('every example of the documentation passes the type check in a package that depends on this one', async () => {
  const typescript = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa(process.execPath, [typescript, '--project', folder], { reject: false })
  expect(stdout).toBe('')
})

test('every example of the documentation runs without an error', async () => {
  expect(blocks.length).toBeGreaterThan(5)
  for (const { origin, file } of blocks) {
    const { stderr } = await execa(process.execPath, [file], { cwd: folder, reject: false })
    expect(stderr, origin).toBe('')
  }
})

test('the example with its own table inserts a row, and its undo deletes the row', async () => {
  const { db, drop } = await freshDatabase()
  onTestFinished(drop)
  await sql`create schema crm`.execute(db)
  await sql`create table crm.accounts (organization_id text primary key, depth integer not null)`.execute(db)
  const rows = async () => (await sql`select * from crm.accounts`.execute(db)).rows
  const { id: root } = await db.selectFrom('organizations').select('id').executeTakeFirstOrThrow()
  const organizationId = await anOrganization(db, root)

  const enlist = await importExample('enlist')
  const inTransaction = (body: (context: StepContext & InTransaction) => Promise<unknown> | undefined) =>
    db.transaction().execute(async (transaction) => body({ ...aStepContext(), transaction }))
  await inTransaction((context) => enlist.execute(context, { organizationId }))
  expect(await rows()).toEqual([{ organization_id: organizationId, depth: 2 }])
  await inTransaction((context) => enlist.compensate?.(context, { organizationId }, {}))
  expect(await rows()).toEqual([])
})

async function importExample(name: string): Promise<TransactionalStep> {
  for (const { file } of blocks) {
    const module = await import(pathToFileURL(file).href)
    if (name in module) return module[name]
  }
  throw new Error(`No example exports ${name}.`)
}

function aStepContext(): StepContext {
  return {
    runId: 'onb_1',
    idempotencyKey: 'onb_1:enlist-in-crm:1',
    signal: AbortSignal.timeout(10_000),
    now: new Date(),
    retries: 0,
    billing: () => expect.unreachable(),
    notifier: () => expect.unreachable(),
  }
}
