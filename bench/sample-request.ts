import type { AddAccountRequest } from '../domain/runs/add-account-request.ts'

/** @returns the request of every contender: one account on a trial, with a user. */
export function sampleRequest(email: string): AddAccountRequest {
  return {
    type: 'customer',
    company: { name: 'Bench Company', country: 'US', state: 'US-TX' },
    user: { fullName: 'Bench User', email, sendPasswordInstructions: true },
    plan: { kind: 'trial', licenses: 5, trialDays: 30, billingAdapter: 'ledger' },
  }
}
