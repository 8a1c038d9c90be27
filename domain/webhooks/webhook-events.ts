/**
 * The types of event that an endpoint can subscribe to. docs/webhooks.md describes each type;
 * database/schema/webhook-events.sql has the triggers that emit it.
 */
export const webhookEventTypes = [
  'onboarding.accepted',
  'onboarding.completed',
  'onboarding.needs_attention',
  'onboarding.cancelled',
  'onboarding.failed',
  'operation.accepted',
  'operation.completed',
  'operation.needs_attention',
  'operation.cancelled',
  'operation.failed',
  'organization.created',
  'organization.updated',
  'organization.suspended',
  'organization.restored',
  'organization.closed',
  'organization.removed',
  'user.updated',
  'user.moved',
  'user.deactivated',
  'user.reactivated',
  'user.invitation_bounced',
  'plan.started',
  'plan.changed',
  'plan.trial_ending',
  'plan.expired',
  'plan.ended',
  'license.assigned',
  'license.released',
  'license.allocation_changed',
  'invoice.issued',
  'credit_note.issued',
] as const

/** The type of the event that `POST …/test` sends. An endpoint receives it whatever its `events` are. */
export const testEventType = 'webhook.test'

/** The Postgres channel that is notified of new deliveries. */
export const webhookChannel = 'webhook'
