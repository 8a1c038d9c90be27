// The public entry `tenantry`: the contract for authors of plug-ins.
export type { AddAccountRequest } from '../domain/runs/add-account-request.ts'
export { type Deadline, rejectedOnAbort, withDeadline } from '../domain/calls/deadline.ts'
export { defineError, type StepErrorDeclaration } from '../domain/errors/error-declaration.ts'
export type { ErrorClass } from '../domain/errors/error-class.ts'
export type {
  RunKind,
  RunRequests,
  PlanTerms,
  SubscriptionTerms,
} from '../domain/runs/run-requests.ts'
export type { DeliveryReport } from '../domain/users/delivery-reports.ts'
export { readRetryAfter } from '../domain/calls/retry-after.ts'
export { askFirst } from './contract/ask-first.ts'
export type * from './contract/billing.ts'
export type { CallContext, InTransaction, StepPreview, WebhookRequest } from './contract/call.ts'
export { inTransaction } from './contract/in-transaction.ts'
export type {
  InvitationMessage,
  Notifier,
  PasswordResetMessage,
  TrialReminderMessage,
} from './contract/notifier.ts'
export {
  findOpenedSubscription,
  keyed,
  type OpenedSubscription,
  openSubscription,
} from './contract/open-subscription.ts'
export { definePlugin, type Plugin } from './contract/plugin.ts'
export { defineStep, type InputOf, type StepDeclaration } from './contract/define-step.ts'
export { StepError, stepError } from './contract/step-error.ts'
export type {
  BillingStep,
  ExternalStep,
  LookupResult,
  Placement,
  Providers,
  RetryPolicy,
  Step,
  StepContext,
  StepReference,
  StepResult,
  TransactionalStep,
  UndoPolicy,
} from './contract/step.ts'
