import type { ColumnType, JSONColumnType } from 'kysely'
import type { NullableTimestamp } from './timestamps.ts'

/** `sending` until the mail server has accepted the message. Mail servers report `delivered` and `bounced` later. */
export type MessageStatus = 'sending' | 'sent' | 'delivered' | 'failed' | 'bounced' | 'unknown'

/** A trigger on `step_runs` writes the rows: see schema/messages.sql. Application code writes only delivery reports. */
export interface MessagesTable {
  id: string
  user_id: string
  run_id: string
  kind: 'invitation' | 'password-reset'
  intent_key: string
  message_id: string | null
  status: MessageStatus
  error: JSONColumnType<{ code: string; message: string; nextAction: string }> | null
  attempted_at: ColumnType<Date, never, never>
  sent_at: NullableTimestamp
}
