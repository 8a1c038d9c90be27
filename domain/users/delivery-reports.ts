import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { fill } from '../errors/error-text.ts'
import { mailBounced, mailExpired } from './user-errors.ts'

/** What a mail server, or a provider, tells of a message after it was sent. */
export interface DeliveryReport {
  messageId: string
  idempotencyKey?: string
  status: 'delivered' | 'delayed' | 'bounced' | 'expired'
  /** An enhanced status code (RFC 3463) such as `5.1.1`. */
  code: string | null
}

/**
 * Puts on record what became of a message. One that is not ours is passed over, and so is a report that says nothing new: a
 * message that came back stays so, whatever is told later.
 * @returns whether it was about a message of ours.
 */
export async function takeDeliveryReport(db: DatabaseConnection, report: DeliveryReport): Promise<boolean> {
  const { messageId, idempotencyKey = '' } = report
  const became = statusAfter[report.status]
  const error = became === 'bounced' || became === 'failed' ? JSON.stringify(describe(report)) : null
  // Told by webhook as user.invitation_bounced: see database/schema/webhook-events.sql.
  const { rows } = await sql<{ id: string }>`
    with told as (
      select id from messages where message_id = ${messageId} or intent_key = ${idempotencyKey}
    ), changed as (
      update messages as message set
        status = ${became}::text,
        error = ${error}::jsonb,
        -- Its answer may have been lost: that it went out is known now.
        sent_at = coalesce(sent_at, attempted_at)
      from told
      where message.id = told.id and message.status <> 'bounced'
        and (${became}::text <> 'delivered' or message.status in ('sending', 'sent', 'unknown'))
        and ${became}::text is not null
    )
    select id from told
  `.execute(db)
  return rows.length > 0
}

const statusAfter = { delivered: 'delivered', delayed: null, bounced: 'bounced', expired: 'failed' } as const

function describe({ status, code }: DeliveryReport) {
  const reason = reasons[code?.split('.')[1] ?? ''] ?? 'it cannot be delivered'
  const declared = status === 'expired' ? mailExpired : mailBounced
  return { ...declared, message: fill(declared.message, { reason, status: code ?? 'none' }) }
}

/** By the subject of an enhanced status code. */
const reasons: Record<string, string> = {
  1: 'the address does not exist',
  2: 'the mailbox does not accept mail',
  3: 'the mail system of the user cannot accept it',
  4: 'the mail system of the user cannot be reached',
  7: 'the mail system of the user refuses it by its rules',
}
