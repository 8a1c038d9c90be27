import { platformId } from '../../../domain/organizations/read-organizations.ts'
import type { StepSubject } from '../../../plugins/conformance/kits.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { freshDatabase } from '../../stack/database.ts'
import { startTestMailbox } from '../../stack/test-mailbox.ts'
import { countRows } from './in-database.ts'

/** The services that the built-in steps need: a database, the ledger, an external billing provider and a mail server. */
export type StepEnvironment = Awaited<ReturnType<typeof startStepEnvironment>>

/** The properties of a subject that differ from step to step. */
export type StepParticulars = Pick<StepSubject, 'step' | 'request' | 'prepareInput' | 'countEffects'> &
  Partial<StepSubject>

/** A subject with the billing adapter in our own Postgres, and one with an external billing adapter. */
export function atEachAdapter(
  name: string,
  particularsAt: (billingAdapter: string) => StepParticulars,
): Record<string, StepParticulars> {
  return {
    [`${name} at the ledger`]: particularsAt('ledger'),
    [`${name} at a provider by http`]: { ...particularsAt('http'), placement: 'external' },
  }
}

/** Starts the services that the built-in steps need. The caller closes them. */
export async function startStepEnvironment() {
  const { db, drop } = await freshDatabase()
  const provider = await startBillingProvider()
  const mailbox = await startTestMailbox()
  const registry = createRegistry([
    ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
    http({ url: provider.url, secret: providerSecret }),
    smtp({ url: mailbox.url, from: 'no-reply@tenantry.example' }),
  ])
  const count = (from: string) => countRows(db, from)
  const subscriptions = `ledger_records where kind = 'subscription'`
  const { books } = provider
  return {
    db,
    registry,
    platformId: await platformId(db),
    /** Counts rows. @param from a table, and optionally a condition. */
    count,
    /** The number of open subscriptions at the ledger and the provider. @param kind only plans of this kind. */
    async openSubscriptions(kind?: 'trial' | 'purchased') {
      const ofKind = kind === undefined ? '' : `and plan ->> 'kind' = '${kind}'`
      return (await count(`${subscriptions} and cancelled_at is null ${ofKind}`)) + books.running(kind)
    },
    /** The number of reported months of subscriptions at the ledger and the provider. */
    billedMonths: async () => (await count(`ledger_records where kind = 'usage'`)) + books.billed(),
    /** The number of names that customers at the ledger and the provider got after their first one. */
    renamings: async () => (await count(`ledger_records where kind = 'customer_update'`)) + books.renamings(),
    /** The number of messages that the mail server accepted. */
    messages: () => mailbox.messages.length,
    async close() {
      await registry.close()
      await Promise.all([provider.stop(), mailbox.goDown(), drop()])
    },
  }
}
