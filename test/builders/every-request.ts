import type { RunRequests, SubscriptionTerms } from '../../domain/runs/run-requests.ts'

/** Makes a request of each kind of run, for an account that this adapter bills. */
export function everyRequest(billingAdapter: string): RunRequests {
  const organizationId = 'org_test'
  const trialEndsAt = '2030-01-31T00:00:00.000Z'
  const subscription: SubscriptionTerms = {
    kind: 'trial',
    licenses: 5,
    trialEndsAt,
    billingAdapter,
    customerExternalId: 'customer',
    subscriptionExternalId: 'subscription',
  }
  const standingChange = { organizationId, subscription, reason: null }
  return {
    'add-account': {
      type: 'customer',
      company: { name: 'Contoso', country: 'US', state: 'US-TX' },
      user: { fullName: 'Ada Example', email: 'ada@example.com', sendPasswordInstructions: true },
      plan: { kind: 'trial', licenses: 5, trialDays: 30, billingAdapter },
    },
    'change-plan': {
      organizationId,
      subscription,
      to: { kind: 'purchased', licenses: null, trialEndsAt: null },
    },
    'switch-billing': { organizationId, subscription, billingAdapter },
    'suspend-account': standingChange,
    'restore-account': standingChange,
    'close-account': standingChange,
    'update-customer': { organizationId, billingAdapter },
    'bill-account': { organizationId, month: '2029-12', subscription },
    'remind-trial': { organizationId, trialEndsAt },
    'expire-trial': { organizationId, trialEndsAt },
    'add-user': {
      organizationId,
      user: { fullName: 'Grace Example', email: 'grace@example.com', sendPasswordInstructions: true },
    },
    'resend-invitation': { organizationId, userId: 'usr_test', message: 'invitation' },
    'update-user': { organizationId, userId: 'usr_test', email: 'grace@example.com' },
    'move-user': { organizationId, userId: 'usr_test', toOrganizationId: 'org_other' },
    'remove-user': { organizationId, userId: 'usr_test' },
  }
}
