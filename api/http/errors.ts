import { defineError } from '../../domain/errors/error-declaration.ts'
import { invalidState } from '../../domain/runs/run-errors.ts'

export const badRequest = defineError({
  code: 'bad_request',
  status: 400,
  title: 'The request cannot be read',
  message: 'The request is not well-formed.',
  nextAction: 'Correct the request and send it again.',
})

export const malformedJson = defineError({
  code: 'malformed_json',
  status: 400,
  title: 'The body is not JSON',
  message: 'The body is not well-formed JSON.',
  nextAction: 'Send a body of well-formed JSON in UTF-8.',
})

export const invalidParameters = defineError({
  code: 'invalid_parameters',
  status: 400,
  title: 'Parameters of the request are wrong',
  message: 'A header or a parameter of the request is wrong: see `errors`.',
  nextAction: 'Correct the parameters that `errors` names and send the request again.',
})

export const webhookRefused = defineError({
  code: 'webhook_refused',
  status: 400,
  title: 'The signature or the secret of the webhook is wrong',
  message: 'The webhook was refused: {reason}',
  nextAction: 'Set the secret of the webhook to the one of the provider, and check the clock of the server.',
})

export const webhookUnreadable = defineError({
  code: 'webhook_unreadable',
  status: 400,
  title: 'The content of the webhook cannot be read',
  message: 'The webhook could not be read: {reason}',
  nextAction: 'Correct what the provider sends, or the API version of its webhook.',
})

export const unauthenticated = defineError({
  code: 'unauthenticated',
  status: 401,
  title: 'No valid API key',
  message: 'The request has no valid API key.',
  nextAction: 'Send `Authorization: Bearer <API key>` with a key that is not revoked.',
})

export const callerNotActive = defineError({
  code: 'caller_not_active',
  status: 403,
  title: 'The organization of the API key is not active',
  message: 'The organization of the API key is {status}.',
  nextAction: 'Ask the partner or the platform above your organization to restore it.',
})

export const ownOrganization = defineError({
  code: 'own_organization',
  status: 403,
  title: 'An organization cannot decide this about itself',
  message:
    'The API key belongs to organization {id}. An organization cannot change its own plan, billing or status.',
  nextAction: 'Ask the partner or the platform above your organization to do it.',
})

export const platformOnly = defineError({
  code: 'platform_only',
  status: 403,
  title: 'Only the platform can do this',
  message: 'The API key belongs to a partner. This request needs a key of the platform.',
  nextAction: 'Ask the operator of the platform to do it.',
})

export const resourceNotFound = defineError({
  code: 'not_found',
  status: 404,
  title: 'The resource does not exist',
  message: 'No resource exists at this address, or your API key cannot see it.',
  nextAction: 'Check the address, and that your API key can see the resource.',
})

export const methodNotAllowed = defineError({
  code: 'method_not_allowed',
  status: 405,
  title: 'The address does not support this method',
  message: 'This address does not support {method}.',
  nextAction: 'Use a method that the `Allow` header names.',
})

/** The common part of the errors with this code. */
export const operationInProgress = {
  code: 'operation_in_progress',
  status: 409,
  title: 'Another operation is in progress',
  nextAction: 'Wait until the other operation is closed, or cancel it.',
} as const

export const changeInProgress = defineError({
  ...operationInProgress,
  message: 'Another operation on account {id} is in progress.',
  nextAction: 'Wait until it is closed, or cancel it: `GET /v1/operations?organizationId={id}`.',
})

export const valueInUse = defineError({
  ...operationInProgress,
  message:
    'A step of the onboarding of account {id} called a provider with the old value, and has no answer yet.',
  nextAction:
    'Send the request again when the step has ended. If it needs attention, retry it first: `GET /v1/onboardings?organizationId={id}`.',
})

export const accountBeingAdded = defineError({
  ...operationInProgress,
  message: 'The onboarding of account {id} is in progress, and billing has not started.',
  nextAction: 'Wait until the onboarding is closed, or cancel it: `GET /v1/onboardings?organizationId={id}`.',
})

export const userChangeInProgress = defineError({
  ...operationInProgress,
  message: 'Another operation on this user is in progress.',
  nextAction:
    'Wait until it is closed, or retry, skip or cancel it: `GET /v1/operations?organizationId={id}`.',
})

export const platformNeverCloses = defineError({
  ...invalidState,
  message: 'The platform cannot be suspended, restored or closed.',
  nextAction: 'Send the request for an account under the platform.',
})

export const accountHasStatus = defineError({
  ...invalidState,
  message: 'The account is already {status}.',
})

export const levelHasDecided = defineError({
  ...invalidState,
  message: 'Your organization has {status} the account already.',
})

export const endpointDisabled = defineError({
  ...invalidState,
  message: 'The webhook endpoint is disabled, so no event is sent to it.',
  nextAction: 'Enable the endpoint first.',
})

export const decisionRefused = defineError({
  ...invalidState,
  message: 'The decision was refused. {reason}',
})

export const undoneWithoutInput = defineError({
  ...invalidState,
  message: 'The step is being undone, so its input cannot be corrected.',
  nextAction: 'Retry the step without `input`.',
})

export const outcomeUnknownYet = defineError({
  ...invalidState,
  message: 'It is not known whether the step took effect, so its input cannot be corrected yet.',
  nextAction: 'Retry the step without `input` first: the retry asks the provider.',
})

export const stepNotInstalled = defineError({
  ...invalidState,
  message: 'No plug-in of this API has version {version} of the step, so a correction cannot be checked.',
  nextAction: 'Retry the step without `input`, on a worker that has this version.',
})

export const tooManyEndpoints = defineError({
  code: 'too_many_endpoints',
  status: 409,
  title: 'The organization has too many webhook endpoints',
  message: 'The organization has {maximum} webhook endpoints, which is the maximum.',
  nextAction: 'Delete an endpoint that is no longer used, or subscribe an existing one to more event types.',
})

export const creditNotSupported = defineError({
  code: 'credit_not_supported',
  status: 409,
  title: 'The document cannot be credited here',
  message: 'The billing adapter "{adapter}" cannot credit this document.',
  nextAction:
    'Credit an invoice, not a credit note. If the billing provider does not support credit notes here, create one at the provider.',
})

/** The common part of the errors with this code. */
export const refusedByProvider = {
  code: 'provider_refused',
  status: 409,
  title: 'The billing provider refused the request',
  nextAction: 'Read in `detail` why the provider refused it.',
} as const

export const providerRefused = defineError({
  ...refusedByProvider,
  message: 'The billing provider refused the request: {reason}',
})

/** The adapter that bills an account now has to be there to bill it otherwise. */
export const adapterNotEnabled = defineError({
  ...refusedByProvider,
  message: 'No enabled plug-in provides the billing adapter "{adapter}".',
  nextAction: 'Ask the operator of the platform to enable the plug-in of the adapter.',
})

export const staleVersion = defineError({
  code: 'stale_version',
  status: 412,
  title: 'The resource has changed',
  message: 'The organization has changed since you read it.',
  nextAction: 'Read the organization again, apply your change to it, and send its new ETag.',
})

export const bodyTooLarge = defineError({
  code: 'body_too_large',
  status: 413,
  title: 'The body is too large',
  message: 'The body is larger than {limit} KiB.',
  nextAction: 'Send a smaller body: `detail` names the limit.',
})

export const unsupportedMediaType = defineError({
  code: 'unsupported_media_type',
  status: 415,
  title: 'The media type of the body is not supported',
  message: 'The `Content-Type` of the request is not JSON.',
  nextAction: 'Send `Content-Type: application/json`.',
})

/** The common part of the errors with this code. */
const wrongFields = {
  code: 'invalid_request',
  status: 422,
  title: 'Fields of the request are wrong',
  nextAction: 'Correct the fields that `errors` names and send the request again.',
} as const

export const invalidFields = defineError({
  ...wrongFields,
  message: 'Wrong fields in the request: {count}. Nothing was changed. See `errors`.',
})

export const inputRefusedByProvider = defineError({
  ...wrongFields,
  message: 'The billing provider refused fields of the request: {reason}',
})

export const versionRequired = defineError({
  code: 'version_required',
  status: 428,
  title: 'The request must name a version',
  message: 'The request has no `If-Match` header.',
  nextAction: 'Read the resource and send its ETag as `If-Match`.',
})

export const tooManyRequests = defineError({
  code: 'too_many_requests',
  status: 429,
  title: 'Too many requests',
  message: 'Too many requests were sent in a short time.',
  nextAction: 'Wait for the time in `Retry-After`, then send the request again.',
})

export const internalError = defineError({
  code: 'internal_error',
  status: 500,
  title: 'The server failed',
  message: 'The server failed to process the request.',
  nextAction: 'Try again later. If the error stays, give the request id to the operator of the service.',
})

export const databaseUnreachable = defineError({
  code: 'database_unreachable',
  status: 503,
  title: 'The database is not available',
  message: 'The database could not be reached, or was overloaded.',
  nextAction: 'Nothing was changed. Try again in a moment, with the same idempotency key if you sent one.',
})

export const providerUnreachable = defineError({
  code: 'provider_unreachable',
  status: 503,
  title: 'The billing provider is not available',
  message: 'The billing provider could not process the request: {reason}',
  nextAction: 'Send the same request again in a moment, with the same idempotency key.',
})

export const temporalUnreachable = defineError({
  code: 'temporal_unreachable',
  status: 503,
  title: 'Temporal is not available',
  message: 'The run did not take the decision in time. Nothing was lost.',
  nextAction: 'Try again in a moment.',
})
