import type { Generated } from 'kysely'
import type { Timestamp } from './timestamps.ts'

export interface UsersTable {
  id: string
  organization_id: string
  full_name: string
  email: string
  email_verified: Generated<boolean>
  image: string | null
  created_at: Timestamp
  updated_at: Timestamp
}
