import type { AddAccountRequest, CompanyRequest } from '../../domain/runs/add-account-request.ts'
import { checkPlanPresence } from '../../domain/organizations/account-checks.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { inheritedBillingAdapter, type Organization } from '../../domain/organizations/read-organizations.ts'
import { normalisePhoneNumber } from '../../domain/organizations/phone-numbers.ts'
import { countryName, resolveCountry, resolveState } from '../../domain/organizations/countries.ts'
import { invalidPhone, unknownCountry, unknownState } from '../http/field-errors.ts'
import { toFieldProblems } from '../http/field-problems.ts'
import { accountType, addAccountBody, type AddAccountBody, email } from './schemas.ts'
import { companyFields } from './company-schema.ts'

/** A request with all values in their stored form, without the defaults of the deployment. */
export type NormalisedRequest = Omit<AddAccountRequest, 'plan'> & { plan?: AddAccountBody['plan'] & object }

/** The values that a deployment sets for requests without them. */
export interface AccountDefaults {
  billingAdapter: string
  /** The length of a trial in days. */
  trialDays: number
}

/** The valid parts of a body. An invalid body has them too, so that one response can name the problems of the domain as well. */
export interface ReadBody {
  problems: FieldProblem[]
  /** Undefined when the body has problems. */
  request: NormalisedRequest | undefined
  type: AddAccountRequest['type'] | undefined
  email: string | undefined
  /** Null when the plan names none, so that the default applies. Undefined without a plan. */
  billingAdapter: string | null | undefined
}

const defaultCountry = 'US'

/** Validates a body as far as possible without the database, and converts states, phone numbers and emails to their stored form. */
export function readAccountBody(body: unknown): ReadBody {
  const parsed = addAccountBody.safeParse(body)
  const raw = fieldsOf(body)
  const type = accountType.safeParse(raw.type).data
  const company = readCompany(fieldsOf(raw.company))
  const problems = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error.issues, body)),
    ...company.problems,
    ...(type === undefined ? [] : checkPlanPresence(type, raw.plan === undefined ? 'missing' : 'given')),
  ]
  return {
    problems,
    request: parsed.success && problems.length === 0 ? normalise(parsed.data, company.resolved) : undefined,
    type,
    email: email.safeParse(fieldsOf(raw.user).email).data,
    billingAdapter: readBillingAdapter(raw.plan),
  }
}

function readBillingAdapter(plan: unknown): string | null | undefined {
  if (plan === undefined) return undefined
  const { billingAdapter } = fieldsOf(plan)
  return typeof billingAdapter === 'string' ? billingAdapter.trim() : null
}

type ResolvedCompany = Partial<Pick<CompanyRequest, 'country' | 'state' | 'phone'>>

/** Resolves the fields that depend on the country. Skips values that are not text, because the schema refuses them. */
export function readCompany(raw: Record<string, unknown>): {
  problems: FieldProblem[]
  resolved: ResolvedCompany
} {
  const code = companyFields.country.safeParse(raw.country ?? defaultCountry).data
  if (code === undefined) return { problems: [], resolved: {} }
  const country = resolveCountry(code)
  if (country === undefined) {
    return {
      problems: [fieldProblem('/company/country', unknownCountry)],
      resolved: {},
    }
  }
  const givenState = companyFields.state.safeParse(raw.state).data
  const givenPhone = companyFields.phone.safeParse(raw.phone).data
  const state = givenState === undefined ? undefined : resolveState(country, givenState)
  const phone = givenPhone === undefined ? undefined : normalisePhoneNumber(givenPhone, country)
  const problems: FieldProblem[] = []
  const named = { parameters: { country: countryName(country) } }
  if (givenState !== undefined && state === undefined)
    problems.push(fieldProblem('/company/state', unknownState, named))
  if (givenPhone !== undefined && phone === undefined)
    problems.push(fieldProblem('/company/phone', invalidPhone, named))
  return {
    problems,
    resolved: {
      country,
      ...(state === undefined ? {} : { state }),
      ...(phone === undefined ? {} : { phone }),
    },
  }
}

function normalise(body: AddAccountBody, resolved: ResolvedCompany): NormalisedRequest {
  return withoutUndefined({
    type: body.type,
    company: withoutUndefined({ country: defaultCountry, ...body.company, ...resolved }),
    user: body.user,
    plan: body.plan === undefined ? undefined : withoutUndefined(body.plan),
  }) as NormalisedRequest
}

/** The defaults for accounts under a parent. The billing adapter of the nearest partner replaces that of the deployment. */
export async function defaultsBelow(
  db: DatabaseConnection,
  defaults: AccountDefaults,
  { parent, billingAdapter }: Pick<ReadBody, 'billingAdapter'> & { parent: Organization },
): Promise<AccountDefaults> {
  // The request names a billing adapter, or has no plan.
  if (billingAdapter !== null) return defaults
  const inherited = await inheritedBillingAdapter(db, parent)
  return inherited === null ? defaults : { ...defaults, billingAdapter: inherited }
}

export function withDefaults(request: NormalisedRequest, defaults: AccountDefaults): AddAccountRequest {
  const { plan, ...rest } = request
  if (plan === undefined) return rest
  const billingAdapter = plan.billingAdapter ?? defaults.billingAdapter
  if (plan.kind === 'trial')
    return { ...rest, plan: { ...plan, trialDays: plan.trialDays ?? defaults.trialDays, billingAdapter } }
  const { licenses, ...purchased } = plan
  return {
    ...rest,
    plan: { ...purchased, ...(licenses === undefined ? {} : { licenses }), billingAdapter },
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function withoutUndefined(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
