import { readRules } from './billing-read-rules.ts'
import { customerRules } from './billing-customer-rules.ts'
import { faultRules } from './billing-fault-rules.ts'
import { forgottenKeyRules } from './billing-forgotten-key-rules.ts'
import { keyRules } from './billing-key-rules.ts'
import { listingRules } from './billing-listing-rules.ts'
import { lostAnswerRules } from './billing-lost-answer-rules.ts'
import { planRules } from './billing-plan-rules.ts'
import { calledDirectly, calledInTransactions } from './billing-harness.ts'
import type { BillingSubject } from './billing-subject.ts'
import { transactionRules } from './billing-transaction-rules.ts'
import type { Check } from '../check.ts'

/**
 * Returns one check for each rule of the contract of a billing adapter.
 *
 * @example
 * for (const { name, run } of billingAdapterChecks(subject)) test(name, run)
 */
export function billingAdapterChecks(subject: BillingSubject): Check[] {
  const isRemote = 'providerUrl' in subject
  const harness = isRemote ? calledDirectly(subject) : calledInTransactions(subject)
  return [
    ...[keyRules, readRules, listingRules, customerRules, planRules].flatMap((rules) => rules(harness)),
    ...(isRemote
      ? [...lostAnswerRules(subject), ...forgottenKeyRules(subject), ...faultRules(subject)]
      : transactionRules(subject)),
  ]
}
