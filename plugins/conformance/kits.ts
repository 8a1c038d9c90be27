// The public entry `tenantry/conformance`: the kits for authors of plug-ins. They work with any test runner.
export { billingAdapterChecks } from './billing/billing-adapter-checks.ts'
export type { BillingSubject, ProviderSubject, TransactionalSubject } from './billing/billing-subject.ts'
export type { Check } from './check.ts'
export { notifierChecks } from './notifier/notifier-checks.ts'
export type { NotifierSubject } from './notifier/notifier-subject.ts'
export { stepChecks } from './step/step-checks.ts'
export type { StepSubject } from './step/step-subject.ts'
