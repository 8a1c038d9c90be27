/**
 * Every type of event that an endpoint can ask for. docs/webhooks.md says when each is told, database/schema/webhook-events.sql
 * which change of which table tells it.
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

/** What `POST …/test` sends, whatever the endpoint asked for. */
export const testEventType = 'webhook.test'

/** The Postgres channel on which new deliveries are told. */
export const webhookChannel = 'webhook'
