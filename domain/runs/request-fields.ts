import type { RunKind, RunRequests } from './run-requests.ts'

/** The JSON type of a value; for an object, that of each of its fields. */
export type FieldTypes = 'string' | 'number' | 'boolean' | { readonly [name: string]: FieldTypes }

type NamesOf<Value> = Value extends object ? keyof Value : never
type FieldOf<Value, Name extends PropertyKey> = Value extends { [Key in Name]?: infer Field } ? Field : never

/** `FieldTypes` of one type. A field of one member of a union is a field of the union. */
type TypesOf<Value> = [Value] extends [string]
  ? 'string'
  : [Value] extends [number]
    ? 'number'
    : [Value] extends [boolean]
      ? 'boolean'
      : { readonly [Name in NamesOf<Value>]: TypesOf<NonNullable<FieldOf<Value, Name>>> }

const user = { fullName: 'string', email: 'string', sendPasswordInstructions: 'boolean' } as const
const terms = { kind: 'string', licenses: 'number', trialEndsAt: 'string' } as const
const atProvider = {
  billingAdapter: 'string',
  customerExternalId: 'string',
  subscriptionExternalId: 'string',
} as const
const onAccount = { organizationId: 'string' } as const
const onUser = { ...onAccount, userId: 'string' } as const
const subscription = { ...terms, ...atProvider } as const
const standing = { ...onAccount, subscription, reason: 'string' } as const
const trialEnd = { ...onAccount, trialEndsAt: 'string' } as const

/** The fields that a request of each kind can have, because types do not exist when a process checks its plug-ins. */
export const requestFields: { readonly [Kind in RunKind]: TypesOf<RunRequests[Kind]> } = {
  'add-account': {
    type: 'string',
    company: {
      name: 'string',
      country: 'string',
      state: 'string',
      city: 'string',
      addressLine1: 'string',
      postalCode: 'string',
      phone: 'string',
      website: 'string',
      externalId: 'string',
      notes: 'string',
    },
    user,
    plan: { kind: 'string', licenses: 'number', trialDays: 'number', billingAdapter: 'string' },
  },
  'change-plan': { ...onAccount, subscription, to: terms },
  'switch-billing': { ...onAccount, subscription, billingAdapter: 'string' },
  'suspend-account': standing,
  'restore-account': standing,
  'close-account': standing,
  'update-customer': { ...onAccount, billingAdapter: 'string' },
  'bill-account': { ...onAccount, month: 'string', subscription: atProvider },
  'remind-trial': trialEnd,
  'expire-trial': trialEnd,
  'add-user': { ...onAccount, user },
  'update-user': { ...onUser, fullName: 'string', email: 'string' },
  'move-user': { ...onUser, toOrganizationId: 'string' },
  'remove-user': onUser,
  'resend-invitation': { ...onUser, email: 'string', message: 'string' },
}
