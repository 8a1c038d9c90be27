import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import type { StepSubject } from '../../../plugins/conformance/kits.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { createRegistry, type Registry } from '../../../plugins/registry.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { freshDatabase } from '../../stack/database.ts'
import { startTestMailbox } from '../../stack/shared-mailbox.ts'
import { countRows } from './count-rows.ts'

/** All that the built-in steps need: a database, a provider of somebody else's beside the ledger, a mail server. */
export interface StepStage {
  db: DatabaseConnection
  registry: Registry
  platformId: string
  /** How many rows `from` has: a table, and a condition where one is wanted. */
  count(from: string): Promise<number>
  /** Subscriptions, at both providers, that are billed now; of one kind, if it is named. */
  running(kind?: 'trial' | 'purchased'): Promise<number>
  /** Months that either provider was told the usage of. */
  billed(): Promise<number>
  messages(): number
  close(): Promise<void>
}

/** What of a subject differs from step to step. */
export type StepParticulars = Pick<StepSubject, 'step' | 'request' | 'prepareInput' | 'countEffects'> &
  Partial<StepSubject>

export async function startStepStage(): Promise<StepStage> {
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
    count,
    async running(kind) {
      const ofKind = kind === undefined ? '' : `and plan ->> 'kind' = '${kind}'`
      return (await count(`${subscriptions} and cancelled_at is null ${ofKind}`)) + books.running(kind)
    },
    billed: async () => (await count(`ledger_records where kind = 'usage'`)) + books.billed(),
    messages: () => mailbox.messages.length,
    async close() {
      await registry.close()
      await Promise.all([provider.stop(), mailbox.goDown(), drop()])
    },
  }
}
