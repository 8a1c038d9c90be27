import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { msToTs } from '@temporalio/common/lib/time.js'
import { sql } from 'kysely'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { doctor } from '../../cli/doctor/doctor.ts'
import { projectRoot, readEnvironment } from '../../cli/deployment/environment.ts'
import { missingSearchAttributes, withTemporal } from '../../cli/stack/temporal/temporal-operator.ts'
import type { NewInvoice } from '../../domain/billing/invoices.ts'
import { takeProviderEvent } from '../../domain/billing/provider-events.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'
import { anIssuedInvoice } from '../builders/invoice.ts'
import { anOrganization } from '../builders/organization.ts'
import { plannedStep } from '../builders/planned-step.ts'
import { aCustomerBilledBy } from '../builders/plan.ts'
import { aPlanPeriod } from '../builders/plan-period.ts'
import { freshDatabase } from '../stack/database.ts'
import { startTestMailbox } from '../stack/test-mailbox.ts'

const database = await freshDatabase()
const mailbox = await startTestMailbox()
const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-doctor-'))
const goodSettings = {
  DATABASE_URL: database.url,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  SMTP_URL: mailbox.url,
  AUTH_SECRET: 'a-secret-of-more-than-thirty-two-characters',
  DATA_DIR: dataDir,
}
afterAll(async () => {
  await mailbox.goDown()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

/**
 * Runs the doctor.
 * @param changed settings that replace those of a deployment without faults.
 * @returns the exit code, and the lines of the checks that passed, of the faults and of the notes.
 */
async function runDoctor(changed: Record<string, string> = {}, config = 'temporal.config.ts') {
  const lines: string[] = []
  const code = await doctor(
    readEnvironment({ ...goodSettings, ...changed }),
    join(projectRoot, config),
    (line) => lines.push(stripVTControlCharacters(line)),
  )
  expect(lines.join()).not.toContain('secret-word')
  return { code, passed: marked(lines, '✓'), faults: marked(lines, '✗'), notes: marked(lines, '·') }
}

function marked(lines: string[], mark: string): string[] {
  return lines.filter((line) => line.startsWith(`  ${mark} `)).map((line) => line.slice(4))
}

/** Runs the doctor on a deployment with faults. @returns them. */
async function faultsOf(...settings: Parameters<typeof runDoctor>): Promise<string[]> {
  const { code, faults } = await runDoctor(...settings)
  expect(code).toBe(1)
  return faults
}

/** Runs the doctor with a new database, after a change to it. @returns the faults. */
async function faultsAfter(change: (db: DatabaseConnection) => Promise<unknown>): Promise<string[]> {
  const { db, url, drop } = await freshDatabase()
  await change(db)
  const faults = await faultsOf({ DATABASE_URL: url })
  await drop()
  return faults
}

const unreachable = '127.0.0.1:9'

describe('the doctor', () => {
  test('finds no fault in a correct deployment', async () => {
    expect(await runDoctor()).toEqual({
      code: 0,
      passed: [
        'Settings',
        'Configuration (temporal.config.ts)',
        `Database (${new URL(database.url).host}${new URL(database.url).pathname})`,
        `Temporal (${inject('temporalAddress')}, namespace default)`,
        'Invoices and credit notes',
        'Plug-ins (accounts, subscriptions, ledger, smtp)',
        'Billing adapter "ledger"',
        'Notifier "smtp"',
        'Billing of the accounts',
        'Steps of open runs',
      ],
      faults: [],
      notes: [],
    })
  })

  test.each([
    [
      'a database that cannot be reached',
      { DATABASE_URL: `postgres://someone:secret-word@${unreachable}/none` },
      `Database (${unreachable}/none): The database of DATABASE_URL (${unreachable}/none) cannot be used: `,
    ],
    [
      'a Temporal that cannot be reached',
      { TEMPORAL_ADDRESS: unreachable },
      `Temporal at ${unreachable} cannot be reached: `,
    ],
    [
      'a namespace that does not exist',
      { TEMPORAL_NAMESPACE: 'elsewhere' },
      'does not list the search attributes of namespace elsewhere',
    ],
    [
      'a mail server that cannot be reached',
      { SMTP_URL: `smtp://someone:secret-word@${unreachable}` },
      'Notifier "smtp": The mail server could not be reached',
    ],
    ['a secret that is not set', { AUTH_SECRET: '' }, 'Settings: AUTH_SECRET is not set. Set AUTH_SECRET'],
  ])('names %s', async (_, changed, expected) => {
    expect(await faultsOf(changed)).toEqual([expect.stringContaining(expected)])
  })

  test('names a worker deployment without a current build', async () => {
    const version = { TEMPORAL_DEPLOYMENT_NAME: 'nobody-runs-it', TEMPORAL_WORKER_BUILD_ID: '7' }
    expect(await faultsOf(version)).toEqual([
      expect.stringContaining(
        'Worker deployment (nobody-runs-it): No build of the worker deployment is current, so its workers get no work. Start a worker of this deployment, then run: temporal worker deployment set-current-version',
      ),
    ])
  })

  test('names missing migrations', async () => {
    const faults = await faultsAfter((db) => sql`delete from kysely_migration`.execute(db))
    expect(faults).toEqual([
      expect.stringMatching(
        /The schema is not the newest: 1 migration is missing, from 0001_schema_\w+ on. Run `npx tenantry migrate`/,
      ),
    ])
  })

  test('names every fault of the plug-ins in a separate line', async () => {
    const faults = await faultsOf({}, 'test/cli/unsound.config.ts')
    const title = 'Plug-ins (accounts, subscriptions, ledger, smtp, alpha, beta, ledger, smtp): '
    expect(faults.map((line) => line.replace(title, ''))).toEqual([
      'The plug-ins "alpha" and "beta" bring the step "first" twice. Remove one of them.',
      'The plug-ins "alpha" and "beta" bring versions 1 and 7 of the step "extra". Keep one of them. For open runs, list an earlier version among the `retired` steps of a plug-in.',
      'The plug-in "beta" retires version 1 of the step "first", but that version already exists. Remove it from `retired`, or raise the version of the step that takes its place.',
      'Step "lonely" needs "ghost", which no plug-in brings. Enable the plug-in that brings it.',
      'Step "dated" was written for version 2 of "first", and version 1 is enabled. Bring both to the same version.',
      'Step "hopeful" needs the output of "extra", which may be skipped. Make "extra" not optional, or name it in "after".',
      'Step "late" names "nobody" in its order, which no plug-in brings for add-account. Enable the plug-in that brings it, or correct the name.',
      'Steps depend on each other in a cycle: chicken → egg → chicken. Remove one of them from `needs`, `after` or `before` of the other.',
      'Several plug-ins bring a billing adapter named "ledger". Remove all but one of them.',
      'Several plug-ins bring a notifier named "smtp". Remove all but one of them.',
    ])
  })

  test('says if no plug-in brings a billing adapter or a notifier', async () => {
    expect(await faultsOf({}, 'test/cli/bare.config.ts')).toEqual([
      expect.stringContaining('Plug-ins (accounts): No plug-in brings a billing adapter'),
      expect.stringContaining('Notifier: No plug-in brings a notifier'),
    ])
  })

  test('shows an error with a next action from a provider, and only the type of any other error', async () => {
    const { code, passed, faults } = await runDoctor({}, 'test/cli/providers.config.ts')
    expect(passed).toContain('Billing adapter "ledger"')
    expect([code, faults]).toEqual([
      1,
      [
        'Billing adapter "refused": The provider refuses the key. Correct PROVIDER_KEY.',
        expect.stringContaining(
          'Billing adapter "broken": The check failed with an error that the plug-in did not classify (TypeError).',
        ),
      ],
    ])
  })

  test('names an adapter of accounts that no plug-in brings', async () => {
    const faults = await faultsAfter(async (db) => {
      await aCustomerBilledBy(db, 'bygone')
      const partner = await anOrganization(db, await platformId(db))
      const retired = { default_billing_adapter: 'retired' }
      await db.updateTable('organizations').set(retired).where('id', '=', partner).execute()
    })
    expect(faults).toEqual([
      'Billing of the accounts: 1 account is billed by "bygone", which no plug-in brings. Enable its plug-in in the configuration, or move the accounts to another adapter.',
      expect.stringContaining(
        '1 partner has the default billing adapter "retired", which no plug-in brings.',
      ),
    ])
  })

  test('names an invoice that does not fit, and notes one that waits without a fault', async () => {
    const { db, url, drop } = await freshDatabase()
    const deliver = (customerExternalId: string, invoice: NewInvoice) =>
      takeProviderEvent(db, 'ledger', {
        id: randomUUID(),
        type: 'invoice_issued',
        customerExternalId,
        invoice,
      })
    await deliver('nobody', anIssuedInvoice({ externalId: 'in_1' }))
    const waiting = await runDoctor({ DATABASE_URL: url })
    expect([waiting.code, waiting.notes]).toEqual([
      0,
      [
        expect.stringMatching(
          /^Invoices and credit notes: The invoice in_1 of "ledger", waiting since 20.*: No account has the customer nobody\.$/,
        ),
      ],
    ])
    const account = await anOrganization(db, await platformId(db), { type: 'customer' })
    await aPlanPeriod(db, account, { customer: 'cus_1' })
    await deliver('cus_1', anIssuedInvoice({ externalId: 'in_2', currency: 'ZZZ' }))
    expect(await faultsOf({ DATABASE_URL: url })).toEqual([
      expect.stringMatching(
        new RegExp(
          `The invoice in_2 of "ledger" for ${account}, kept aside .*"ZZZ".* Let the provider correct it`,
        ),
      ),
    ])
    await drop()
  })

  test('names a step in the run plan of open runs that no plug-in brings', async () => {
    const plan = [plannedStep('validate-account'), plannedStep('register-in-crm', { version: 3 })]
    const faults = await faultsAfter(async (db) => {
      const run = { parent_id: await platformId(db), body_hash: '', request: '{}' }
      const statuses = ['running', 'needs_attention', 'completed'] as const
      const runs = statuses.map((status) => ({
        ...run,
        id: newId('onb'),
        plan: JSON.stringify(plan),
        status,
      }))
      await db.insertInto('runs').values(runs).execute()
    })
    expect(faults).toEqual([
      'Steps of open runs: 2 runs have version 3 of the step "register-in-crm" in the run plan, which no plug-in brings. Add the step to `retired` of a plug-in until these runs are closed, or cancel the runs.',
    ])
  })

  test('names missing search attributes of a namespace', async () => {
    const namespace = `bare-${randomUUID()}`
    await withTemporal({ address: inject('temporalAddress') }, async (connection) => {
      await connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: msToTs('1 day'),
      })
      const listed = () => missingSearchAttributes(connection, namespace).catch(() => [])
      await expect.poll(listed).not.toEqual([])
    })
    expect(await faultsOf({ TEMPORAL_NAMESPACE: namespace })).toEqual([
      expect.stringMatching(
        new RegExp(`lacks search attributes in namespace ${namespace}: RunStatus, .*Run: temporal operator`),
      ),
    ])
  })

  test('says why a configuration cannot be loaded, and still checks the servers', async () => {
    const { code, passed, faults } = await runDoctor({}, 'test/cli/unusable.config.ts')
    expect(passed).toHaveLength(4)
    expect([code, faults]).toEqual([
      1,
      [
        expect.stringMatching(
          /^Configuration \(test\/cli\/unusable.config.ts\): .* can't be used: PROVIDER_KEY is not set\. Correct it/,
        ),
      ],
    ])
  })

  test('says what to set if nothing is set', async () => {
    const nothing = Object.fromEntries(Object.keys(goodSettings).map((name) => [name, '']))
    const faults = await faultsOf({ ...nothing, DATA_DIR: dataDir, TEMPORAL_ADDRESS: unreachable })
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringContaining('Settings: SMTP_URL is not set.'),
        'Database: No database is set. Run `npm start` and keep it running, or set DATABASE_URL.',
      ]),
    )
  })
})
