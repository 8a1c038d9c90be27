import type { ColumnType, JSONColumnType } from 'kysely'
import type { NullableTimestamp } from './timestamps.ts'

/** `sending` until the mail server has taken it; `delivered` and `bounced` are what mail servers report later. */
export type MessageStatus = 'sending' | 'sent' | 'delivered' | 'failed' | 'bounced' | 'unknown'

/** A trigger on `step_runs` writes the rows, see schema/messages.sql; only reports about a message are written by us. */
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
