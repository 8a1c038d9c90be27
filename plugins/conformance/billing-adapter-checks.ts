import { askingRules } from './billing-asking-rules.ts'
import { faultRules } from './billing-fault-rules.ts'
import { keyRules } from './billing-key-rules.ts'
import { listingRules } from './billing-listing-rules.ts'
import { lostAnswerRules } from './billing-lost-answer-rules.ts'
import { planRules } from './billing-plan-rules.ts'
import { calledDirectly, calledInTransactions } from './billing-stage.ts'
import type { BillingSubject } from './billing-subject.ts'
import { transactionRules } from './billing-transaction-rules.ts'
import type { Check } from './check.ts'

/**
 * The rules that every billing adapter keeps, each as a check.
 *
 * @example
 * for (const { name, run } of billingAdapterChecks(subject)) test(name, run)
 */
export function billingAdapterChecks(subject: BillingSubject): Check[] {
  if ('providerUrl' in subject) {
    const stage = calledDirectly(subject)
    return [
      ...keyRules(stage),
      ...askingRules(stage),
      ...listingRules(stage),
      ...planRules(stage),
      ...lostAnswerRules(subject),
      ...faultRules(subject),
    ]
  }
  const stage = calledInTransactions(subject)
  return [
    ...keyRules(stage),
    ...askingRules(stage),
    ...listingRules(stage),
    ...planRules(stage),
    ...transactionRules(subject),
  ]
}
