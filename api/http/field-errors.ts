import { defineError } from '../../domain/errors/error-declaration.ts'

// Of the schemas.

export const required = defineError({
  code: 'required',
  field: true,
  message: 'This field is required.',
})

export const unknownField = defineError({
  code: 'unknown_field',
  field: true,
  message: 'This field does not exist.',
})

export const invalidType = defineError({
  code: 'invalid_type',
  field: true,
  message: 'The value must be {type}.',
})

export const tooSmall = defineError({
  code: 'too_small',
  field: true,
  message: 'The value must be at least {minimum}.',
})

export const tooBig = defineError({
  code: 'too_big',
  field: true,
  message: 'The value must be at most {maximum}.',
})

export const tooShort = defineError({
  code: 'too_short',
  field: true,
  message: 'The text must have at least {characters}.',
})

export const tooLong = defineError({
  code: 'too_long',
  field: true,
  message: 'The text must have at most {characters}.',
})

export const invalidValue = defineError({
  code: 'invalid_value',
  field: true,
  message: 'The value must be one of: {values}.',
})

export const invalidFormat = defineError({
  code: 'invalid_format',
  field: true,
  message: 'The value is not valid. {rule}',
})

export const invalidCursor = defineError({
  code: 'invalid_value',
  field: true,
  message: 'The cursor does not exist. Send `nextCursor` of the previous page without changes.',
})

// Of an account.

export const unknownCountry = defineError({
  code: 'unknown_country',
  field: true,
  message: 'No country has this code. Use a code of ISO 3166-1 alpha-2, such as US.',
})

export const unknownState = defineError({
  code: 'unknown_state',
  field: true,
  message: '{country} has no state or province with this name or code.',
})

export const invalidPhone = defineError({
  code: 'invalid_phone',
  field: true,
  message:
    'The value is not a phone number in {country}. Use a national number, or an international one with +.',
})

export const unknownBillingAdapter = defineError({
  code: 'unknown_billing_adapter',
  field: true,
  message: 'The deployment does not have this billing adapter. It has: {adapters}.',
})

export const notAPartner = defineError({
  code: 'not_a_partner',
  field: true,
  message:
    'Only a partner has a default billing adapter for the accounts under it. For this account, change its plan.',
})

// Of a user.

export const noOtherOrganization = defineError({
  code: 'no_other_organization',
  field: true,
  message: 'The value must be the id of another organization that your API key can see.',
})

// Of a plan.

export const oneChangeAtATime = defineError({
  code: 'one_change_at_a_time',
  field: true,
  message:
    'One request can change the plan or the billing adapter, not both. Send two requests, one after the other.',
})

export const noTrialToGoBackTo = defineError({
  code: 'no_trial_to_go_back_to',
  field: true,
  message: 'The plan was not converted from a trial, so it cannot become a trial.',
})

// Of a decision on a run, and of a correction that comes with it.

export const stepNotNamed = defineError({
  code: 'required',
  field: true,
  message: 'Several steps need attention. Name the step that `input` is for.',
})

export const unknownStep = defineError({
  code: 'unknown_step',
  field: true,
  message: 'The run does not have this step.',
})

export const notCorrectable = defineError({
  code: 'not_correctable',
  field: true,
  message:
    'The request of this kind of operation cannot be corrected. Correct the cause and retry without `input`, or cancel.',
})

export const notReadByStep = defineError({
  code: 'not_read_by_step',
  field: true,
  message: 'The step does not use this field, so a correction of it has no effect. Leave the field out.',
})

export const usedByStep = defineError({
  code: 'used_by_step',
  field: true,
  message: 'The step `{step}` has used this value. Leave the field out, and {change}.',
})

export const planWouldChange = defineError({
  code: 'plan_would_change',
  field: true,
  message: 'The correction would change the steps of the run. Cancel the onboarding and send a new request.',
})

export const tooManyRuns = defineError({
  code: 'too_many',
  field: true,
  message: 'The filter selects more than {maximum} runs. Add a parent, a step or an error code to it.',
})

// Of a webhook endpoint.

export const addressNotAllowed = defineError({
  code: 'address_not_allowed',
  field: true,
  message: 'Webhooks cannot be sent to this URL. {rule}',
})
