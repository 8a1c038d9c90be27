import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, expect, inject, test } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import {
  type FindingKind,
  findingKinds,
  describeFindingKind,
} from '../../domain/reconciliation/finding-kinds.ts'
import { listOpenFindings, noteSightings } from '../../domain/reconciliation/findings.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'
import { anOrganization } from '../builders/organization.ts'
import { freshDatabase } from '../stack/database.ts'

const { db, url, drop } = await freshDatabase()
const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-reconcile-'))
afterAll(async () => {
  await drop()
  await rm(dataDir, { recursive: true, force: true })
})

/** Runs `npx tenantry reconcile` with the real configuration. */
async function tenantryReconcile(...words: string[]) {
  const { failed, stdout, stderr } = await execa(
    process.execPath,
    [join(projectRoot, 'cli/tenantry.ts'), 'reconcile', ...words],
    {
      timeout: 50_000,
      reject: false,
      extendEnv: false,
      env: {
        PATH: process.env.PATH ?? '',
        DATABASE_URL: url,
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        SMTP_URL: 'smtp://127.0.0.1:9',
        AUTH_SECRET: 'a-secret-of-more-than-thirty-two-characters',
        DATA_DIR: dataDir,
      },
    },
  )
  return { ok: !failed, stdout, stderr }
}

const anOrganizationWithoutOnboarding = async () => anOrganization(db, await platformId(db))

test('the command lists differences that are older than the grace', async () => {
  const organization = await anOrganizationWithoutOnboarding()
  const listed = await tenantryReconcile('--grace', '0')
  expect(listed).toMatchObject({ ok: false, stdout: expect.stringContaining('1 finding is open.') })
  expect(listed.stdout).toMatch(
    new RegExp(`^fnd_\\w+ {2}organization_without_onboarding {2}${organization} `),
  )
  await db.deleteFrom('organizations').where('id', '=', organization).execute()
  expect(await tenantryReconcile()).toMatchObject({
    ok: true,
    stdout: 'No differences found in what was compared.',
  })
})

test('the command imports a finding only with a reason', async () => {
  const subject = await anOrganizationWithoutOnboarding()
  const about = { subject, organizationId: subject, billingAdapter: null, details: {} }
  await noteSightings(db, [{ kind: 'organization_without_onboarding', ...about }])
  const id = (await listOpenFindings(db)).find((finding) => finding.subject === subject)?.id ?? ''
  expect(await tenantryReconcile('import', id)).toMatchObject({
    ok: false,
    stderr: expect.stringContaining('--reason'),
  })
  const words = ['--reason', 'Moved by hand', '--actor', 'Olga', '-c', 'temporal.config.ts']
  const imported = await tenantryReconcile('import', id, ...words)
  expect(imported).toMatchObject({
    ok: true,
    stdout: `${id}: imported. That keeps the organization, and no later round lists it.`,
  })
  const kept = await db.selectFrom('findings').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  expect(kept).toMatchObject({ actor: 'Olga', reason: 'Moved by hand' })
})

test('the command also compares a billed month', async () => {
  expect((await tenantryReconcile('--month')).stdout).toMatch(
    /^0 subscriptions compared for \d{4}-\d\d: all agree\.$/m,
  )
  expect((await tenantryReconcile('--month', 'May')).stderr).toContain('"May" is not a month')
})

test('every finding kind is in the documentation, with its remediations', async () => {
  const page = await readFile(join(projectRoot, 'docs/operators.md'), 'utf8')
  const rows = page.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  for (const kind of Object.keys(findingKinds) as FindingKind[]) {
    const { means, import: importing, delete: removal, otherwise } = describeFindingKind(kind)
    const remediations = [
      importing && `**import** ${importing}`,
      removal && `**delete** ${removal}`,
      otherwise && `or ${otherwise}`,
    ]
    expect(rows).toContain(`| \`${kind}\` | ${means} | ${remediations.filter(Boolean).join('; ')} |`)
  }
})
