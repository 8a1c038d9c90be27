import type { Generated } from 'kysely'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface ApiKeysTable {
  id: string
  name: string
  role: 'platform' | 'partner'
  organization_id: string
  key_hash: string
  revoked_hashes: Generated<string[]>
  created_at: Timestamp
  revoked_at: NullableTimestamp
}
