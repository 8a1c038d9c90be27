import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, describe, test } from 'vitest'
import type { AddAccountRequest } from '../../domain/add-account.ts'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { createUser } from '../../plugins/accounts/create-user.ts'
import { notifyUser } from '../../plugins/accounts/notify-user.ts'
import { provisionLicenses } from '../../plugins/accounts/provision-licenses.ts'
import { startBilling } from '../../plugins/accounts/start-billing.ts'
import { validateAccount } from '../../plugins/accounts/validate-account.ts'
import { stepChecks, type StepSubject } from '../../plugins/conformance/index.ts'
import { http } from '../../plugins/http/plugin.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../plugins/registry.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import { anOrganization } from '../builders/organization.ts'
import { providerSecret, startBillingProvider } from '../plugins/http/billing-provider.ts'
import { freshDatabase } from '../stack/database.ts'
import { startTestMailbox } from '../stack/mailbox.ts'
import { transactIn } from './transact.ts'

const { db, drop } = await freshDatabase()
const provider = await startBillingProvider()
const mailbox = await startTestMailbox()
const registry = createRegistry([
  ledger({ db, prices: { currency: 'USD', purchased: 500, trial: 0 } }),
  http({ url: provider.url, secret: providerSecret }),
  smtp({ url: mailbox.url, from: 'no-reply@tenantry.example' }),
])
afterAll(async () => {
  await registry.close()
  await Promise.all([provider.stop(), mailbox.goDown(), drop()])
})

const { id: platformId } = await db
  .selectFrom('organizations')
  .select('id')
  .where('type', '=', 'platform')
  .executeTakeFirstOrThrow()
const company = { name: 'Conformance Inc.', country: 'US', state: 'US-TX' }
const aUser = () => ({ fullName: 'Ada Conformance', email: `${randomUUID()}@conformance.example` })
const anAccount = () => anOrganization(db, platformId, { type: 'customer' })
const planAt = (billingAdapter: string) =>
  ({ kind: 'trial', licenses: 5, trialDays: 30, billingAdapter }) as const
const atLedger = planAt('ledger')

async function count(from: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from ${sql.raw(from)}`.execute(db)
  return Number(rows[0]?.count)
}

/** A user in an account of its own, as the steps before left it. */
async function anExistingUser() {
  const organizationId = await anAccount()
  const user = aUser()
  const context = {
    onboardingId: 'onb_1',
    idempotencyKey: 'onb_1:create-user:1',
    now: new Date(),
    retries: 0,
  }
  const { output } = await db.transaction().execute((transaction) => {
    if (createUser.placement !== 'transactional') throw new Error('It has moved.')
    const { signal } = new AbortController()
    return createUser.execute({ ...context, ...registry, signal, transaction }, { organizationId, user })
  })
  return { ...output, user }
}

type Particulars = Pick<StepSubject, 'step' | 'prepareInput' | 'countEffects'> & Partial<StepSubject>

const subjects: Record<string, Particulars> = {
  'validate-account': {
    step: validateAccount,
    prepareInput: async () => ({ parentId: platformId, type: 'customer' }),
    prepareRefusedInput: async () => ({ parentId: 'org_nowhere', type: 'customer' }),
    countEffects: () => count('organizations'),
  },
  'create-organization': {
    step: createOrganization,
    prepareInput: async () => ({ parentId: platformId, type: 'customer', company }),
    countEffects: () => count('organizations'),
  },
  'create-user': {
    step: createUser,
    prepareInput: async () => ({ organizationId: await anAccount(), user: aUser() }),
    prepareRefusedInput: async () => {
      const { user } = await anExistingUser()
      return { organizationId: await anAccount(), user }
    },
    countEffects: () => count('users'),
  },
  'start-billing at the ledger': {
    step: startBilling,
    prepareInput: async () => ({ organizationId: await anAccount(), company, plan: atLedger }),
    countEffects: async () =>
      (await count('subscriptions')) +
      (await count(`ledger_records where kind = 'subscription' and cancelled_at is null`)),
  },
  'start-billing at a provider by http': {
    step: startBilling,
    placement: 'external',
    prepareInput: async () => ({ organizationId: await anAccount(), company, plan: planAt('http') }),
    countEffects: async () => (await count('subscriptions')) + provider.books.running(),
  },
  'provision-licenses': {
    step: provisionLicenses,
    prepareInput: async () => ({
      organizationId: await anAccount(),
      plan: atLedger,
      customerExternalId: 'led_1',
      subscriptionExternalId: 'led_2',
      trialEndsAt: new Date().toISOString(),
    }),
    countEffects: () => count('license_pools'),
  },
  'notify-user': {
    step: notifyUser({ db, publicUrl: 'https://tenantry.example' }),
    placement: 'external',
    prepareInput: async () => ({ ...(await anExistingUser()), company }),
    prepareRefusedInput: async () => {
      const { user } = await anExistingUser()
      return { ...(await anExistingUser()), user, company }
    },
    countEffects: async () => mailbox.messages.length,
  },
}

const request: AddAccountRequest = {
  type: 'customer',
  company,
  user: { ...aUser(), sendPasswordInstructions: true },
  plan: atLedger,
}

describe.each(Object.entries(subjects))('the step %s', (_, particulars) => {
  const checks = stepChecks({
    placement: 'transactional',
    providers: registry,
    request,
    transact: transactIn(db),
    ...particulars,
  })
  for (const { name, run } of checks) test(name, run)
})
