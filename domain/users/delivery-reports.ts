import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { messageOf } from '../errors/error-declaration.ts'
import { mailBounced, mailExpired } from './user-errors.ts'

/** The result of the delivery of a message. It quotes no address. */
export interface DeliveryReport {
  /** The `messageId` that the call which sent the message returned. */
  messageId: string
  /**
   * The key of the call that sent the message, if the provider returns it. It identifies the message even when the answer to that
   * call was lost. Default: only the `messageId` identifies the message.
   */
  idempotencyKey?: string
  /**
   * `delivered`: the mail server of the recipient has the message. `delayed`: the provider tries again. `bounced`: the message can
   * never be delivered to this address (a code of 5.x.x). `expired`: the provider gave up after many attempts (4.x.x).
   */
  status: 'delivered' | 'delayed' | 'bounced' | 'expired'
  /** An enhanced status code (RFC 3463) such as `5.1.1`; null if the provider reports none. */
  code: string | null
}

/**
 * Records a delivery report. A report without news changes nothing: a bounced message stays bounced whatever is reported
 * later.
 * @returns false when the message is not one of ours.
 */
export async function takeDeliveryReport(db: DatabaseConnection, report: DeliveryReport): Promise<boolean> {
  const { messageId, idempotencyKey = '' } = report
  const status = statusAfter[report.status]
  const error = status === 'bounced' || status === 'failed' ? JSON.stringify(describeFailure(report)) : null
  // Sends the webhook event user.invitation_bounced: see database/schema/webhook-events.sql.
  const { rows } = await sql<{ id: string }>`
    with reported as (
      select id from messages where message_id = ${messageId} or intent_key = ${idempotencyKey}
    ), changed as (
      update messages as message set
        status = ${status}::text,
        error = ${error}::jsonb,
        -- The answer of the mail server may have been lost. A report proves that the message was sent.
        sent_at = coalesce(sent_at, attempted_at)
      from reported
      where message.id = reported.id and message.status <> 'bounced'
        and (${status}::text <> 'delivered' or message.status in ('sending', 'sent', 'unknown'))
        and ${status}::text is not null
    )
    select id from reported
  `.execute(db)
  return rows.length > 0
}

const statusAfter = { delivered: 'delivered', delayed: null, bounced: 'bounced', expired: 'failed' } as const

function describeFailure({ status, code }: DeliveryReport) {
  const reason = reasons[code?.split('.')[1] ?? ''] ?? 'it cannot be delivered'
  const declared = status === 'expired' ? mailExpired : mailBounced
  return { ...declared, message: messageOf(declared, { parameters: { reason, status: code ?? 'none' } }) }
}

/** The reasons by the second number of an enhanced status code. */
const reasons: Record<string, string> = {
  1: 'the address does not exist',
  2: 'the mailbox does not accept mail',
  3: 'the mail system of the user cannot accept it',
  4: 'the mail system of the user cannot be reached',
  7: 'the mail system of the user refuses it by its rules',
}
