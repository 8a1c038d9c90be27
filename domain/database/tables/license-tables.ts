import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface LicensePoolsTable {
  organization_id: string
  allocated: number | null
  created_at: Timestamp
  updated_at: Timestamp
}

export interface DevicesTable {
  id: string
  organization_id: string
  name: string
  hostname: string | null
  external_id: string | null
  created_at: Timestamp
  removed_at: NullableTimestamp
}

export interface LicenseAssignmentsTable {
  id: string
  pool_organization_id: string
  organization_id: string
  device_id: string
  assigned_at: Timestamp
  released_at: NullableTimestamp
}
