import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { OrganizationType } from '../../organizations/organization-types.ts'
import type { Timestamp } from './timestamps.ts'

export interface OrganizationsTable {
  id: string
  type: OrganizationType
  parent_id: string | null
  path: string
  name: string
  country: string
  state: string
  city: string | null
  address_line1: string | null
  postal_code: string | null
  phone: string | null
  website: string | null
  external_id: string | null
  notes: string | null
  status: Generated<'active' | 'suspended' | 'closed'>
  default_billing_adapter: ColumnType<string | null, string | null | undefined>
  version: Generated<number>
  created_at: Timestamp
  updated_at: Timestamp
}

export interface InactivePeriodsTable {
  organization_id: string
  starts_at: Date
  ends_at: Date | null
}

export interface StandingDecisionsTable {
  organization_id: string
  number: GeneratedAlways<string>
  level_path: string
  status: 'active' | 'suspended' | 'closed'
  decided_by: string
  decided_at: Timestamp
}

/** The old and new value of each changed field, by the name of the field. */
export type FieldChanges = Record<string, { from: string | null; to: string | null }>

export interface OrganizationChangesTable {
  id: string
  organization_id: string
  actor: string
  fields: JSONColumnType<FieldChanges>
  created_at: Timestamp
}
