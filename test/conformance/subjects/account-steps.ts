import { randomUUID } from 'node:crypto'
import type { AddAccountRequest } from '../../../domain/runs/add-account-request.ts'
import { correctUserEmail } from '../../../plugins/accounts/correct-email-step.ts'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { createUser } from '../../../plugins/accounts/create-user.ts'
import { moveUserStep } from '../../../plugins/accounts/move-user-step.ts'
import { notifyUser } from '../../../plugins/accounts/notify-user.ts'
import { provisionLicenses } from '../../../plugins/accounts/provision-licenses.ts'
import { removeUserStep } from '../../../plugins/accounts/remove-user-step.ts'
import { startBilling } from '../../../plugins/accounts/start-billing.ts'
import { updateUser } from '../../../plugins/accounts/update-user.ts'
import { validateAccount } from '../../../plugins/accounts/validate-account.ts'
import { validateUser } from '../../../plugins/accounts/validate-user.ts'
import { anOrganization } from '../../builders/organization.ts'
import { executeStep } from './execute-step.ts'
import { atEachAdapter, type StepParticulars, type StepEnvironment } from './step-environment.ts'

const company = { name: 'Conformance Inc.', country: 'US', state: 'US-TX' }
const aUser = () => ({ fullName: 'Ada Conformance', email: `${randomUUID()}@conformance.example` })
const planAt = (billingAdapter: string) =>
  ({ kind: 'trial', licenses: 5, trialDays: 30, billingAdapter }) as const
const atLedger = planAt('ledger')
const request: AddAccountRequest = {
  type: 'customer',
  company,
  user: { ...aUser(), sendPasswordInstructions: true },
  plan: atLedger,
}

/** The steps that add an account. */
export function accountSteps(environment: StepEnvironment): Record<string, StepParticulars> {
  const { db, platformId, count } = environment
  const anAccount = () => anOrganization(db, platformId, { type: 'customer' })
  const aHost = () => anOrganization(db, platformId, { type: 'customer', name: 'Host' })
  const anExistingUser = async () =>
    executeStep(environment, createUser, { organizationId: await anAccount(), user: aUser() })
  return {
    'validate-account': {
      step: validateAccount,
      request,
      prepareInput: async () => ({ parentId: platformId, type: 'customer' }),
      prepareRefusedInput: async () => ({ parentId: 'org_nowhere', type: 'customer' }),
      countEffects: () => count('organizations'),
    },
    'create-organization': {
      step: createOrganization,
      request,
      prepareInput: async () => ({ parentId: platformId, type: 'customer', company }),
      countEffects: () => count('organizations'),
    },
    'create-user': {
      step: createUser,
      request,
      prepareInput: async () => ({ organizationId: await anAccount(), user: aUser() }),
      prepareRefusedInput: async () => {
        const { user } = await anExistingUser()
        return { organizationId: await anAccount(), user }
      },
      countEffects: () => count('users'),
    },
    ...atEachAdapter('start-billing', (billingAdapter) => ({
      step: startBilling,
      request: { ...request, plan: planAt(billingAdapter) },
      prepareInput: async () => ({
        organizationId: await anAccount(),
        company,
        plan: planAt(billingAdapter),
      }),
      countEffects: async () => (await count('subscriptions')) + (await environment.openSubscriptions()),
    })),
    'provision-licenses': {
      step: provisionLicenses,
      request,
      prepareInput: async () => ({
        organizationId: await anAccount(),
        plan: atLedger,
        customerExternalId: 'led_1',
        subscriptionExternalId: 'led_2',
        trialEndsAt: new Date().toISOString(),
      }),
      countEffects: () => count('license_pools'),
    },
    'validate-user': {
      step: validateUser,
      request: { organizationId: 'org_1', user: { ...aUser(), sendPasswordInstructions: true } },
      prepareInput: async () => ({ organizationId: await anAccount() }),
      prepareRefusedInput: async () => ({ organizationId: await anAccount(), userId: 'usr_nobody' }),
      countEffects: () => count('users'),
    },
    'correct-email': {
      step: correctUserEmail,
      request: { organizationId: 'org_1', userId: 'usr_1', email: aUser().email, message: 'invitation' },
      prepareInput: async () => ({
        ...(await anExistingUser()),
        email: `corrected-${randomUUID()}@conformance.example`,
      }),
      prepareRefusedInput: async () => {
        const { user } = await anExistingUser()
        return { ...(await anExistingUser()), ...(user as { email: string }) }
      },
      countEffects: () => count(`users where email like 'corrected-%'`),
    },
    'update-user': {
      step: updateUser,
      request: { organizationId: 'org_1', userId: 'usr_1', fullName: 'Renamed' },
      prepareInput: async () => ({ ...(await anExistingUser()), fullName: 'Renamed' }),
      prepareRefusedInput: async () => ({ organizationId: await anAccount(), userId: 'usr_nobody' }),
      countEffects: () => count(`users where full_name = 'Renamed'`),
    },
    'move-user': {
      step: moveUserStep,
      request: { organizationId: 'org_1', userId: 'usr_1', toOrganizationId: 'org_2' },
      prepareInput: async () => ({ ...(await anExistingUser()), toOrganizationId: await aHost() }),
      prepareRefusedInput: async () => ({ ...(await anExistingUser()), toOrganizationId: 'org_nowhere' }),
      countEffects: () =>
        count(`users join organizations as host on host.id = organization_id where host.name = 'Host'`),
    },
    'remove-user': {
      step: removeUserStep,
      request: { organizationId: 'org_1', userId: 'usr_1' },
      prepareInput: async () => anExistingUser(),
      prepareRefusedInput: async () => executeStep(environment, removeUserStep, await anExistingUser()),
      countEffects: () => count('users where email is null'),
    },
    'notify-user': {
      step: notifyUser({ db, publicUrl: 'https://tenantry.example' }),
      placement: 'external',
      request,
      prepareInput: async () => ({ ...(await anExistingUser()), company }),
      prepareRefusedInput: async () => {
        const { user } = await anExistingUser()
        return { ...(await anExistingUser()), user, company }
      },
      countEffects: async () => environment.messages(),
    },
  }
}
