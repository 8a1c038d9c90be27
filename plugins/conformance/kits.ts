// The public entry of the conformance kits, for those who write plug-ins. It needs no particular test runner.
export { billingAdapterChecks } from './billing-adapter-checks.ts'
export type { BillingSubject, ProviderSubject, TransactionalSubject } from './billing-subject.ts'
export type { Check } from './check.ts'
export { notifierChecks } from './notifier-checks.ts'
export type { NotifierSubject } from './notifier-subject.ts'
export { stepChecks } from './step-checks.ts'
export type { StepSubject } from './step-subject.ts'
