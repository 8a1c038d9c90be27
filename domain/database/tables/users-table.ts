import type { ColumnType, Generated } from 'kysely'
import type { Timestamp } from './timestamps.ts'

export interface UsersTable {
  id: string
  organization_id: string
  full_name: string
  email: string | null
  former_email: ColumnType<string | null, string | null | undefined>
  returns_on_restore: Generated<boolean>
  email_since: Timestamp
  email_verified: Generated<boolean>
  image: string | null
  created_at: Timestamp
  updated_at: Timestamp
}
