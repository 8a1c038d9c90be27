import type { AccountType } from '../organizations/organization-types.ts'

/** The plan a new account is subscribed to. `licenses` of a purchased plan is its optional upper limit. */
export type PlanRequest =
  | { kind: 'trial'; licenses: number; trialDays: number; billingAdapter: string }
  | { kind: 'purchased'; licenses?: number; billingAdapter: string }

export interface CompanyRequest {
  name: string
  /** ISO 3166-1 alpha-2. */
  country: string
  /** ISO 3166-2 code such as `US-TX`, or free text where the country has no subdivisions. */
  state: string
  city?: string
  addressLine1?: string
  postalCode?: string
  phone?: string
  website?: string
  externalId?: string
  notes?: string
}

export interface UserRequest {
  fullName: string
  /** Lower case. */
  email: string
  sendPasswordInstructions: boolean
}

/** An AddAccount request after parsing: every default filled in, places and emails in their stored form. */
export interface AddAccountRequest {
  type: AccountType
  company: CompanyRequest
  user?: UserRequest
  /** Absent for a unit, and for a partner that takes no licenses of its own. */
  plan?: PlanRequest
}
