import type { AccountType } from '../organizations/organization-types.ts'

/** The plan of a new account. `licenses` of a purchased plan is its optional upper limit. */
export type PlanRequest =
  | { kind: 'trial'; licenses: number; trialDays: number; billingAdapter: string }
  | { kind: 'purchased'; licenses?: number; billingAdapter: string }

export interface CompanyRequest {
  name: string
  /** ISO 3166-1 alpha-2. */
  country: string
  /** ISO 3166-2 code such as `US-TX`, or free text when the country has no subdivisions. */
  state: string
  city?: string
  addressLine1?: string
  postalCode?: string
  phone?: string
  website?: string
  externalId?: string
  notes?: string
}

/** The first user of a new account, or a user to be added. */
export interface UserRequest {
  fullName: string
  /** Lower case. */
  email: string
  sendPasswordInstructions: boolean
}

/** A request to add an account, after parsing: defaults are filled in, and countries, states and emails are normalized. */
export interface AddAccountRequest {
  type: AccountType
  company: CompanyRequest
  user?: UserRequest
  /** Absent for a unit, and for a partner without licenses of its own. */
  plan?: PlanRequest
}
