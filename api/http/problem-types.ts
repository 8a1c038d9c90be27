interface ProblemType {
  status: number
  title: string
  nextAction: string
}

/** Every code that the API itself answers with. Each has a page at `/problems/{code}`. */
export const problemTypes = {
  bad_request: {
    status: 400,
    title: 'The request can not be read',
    nextAction: 'Correct the request and send it again.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    nextAction: 'Send a body of well-formed JSON in UTF-8.',
  },
  invalid_parameters: {
    status: 400,
    title: 'A header or a query parameter is wrong',
    nextAction: 'Correct what `errors` names and send the request again.',
  },
  webhook_refused: {
    status: 400,
    title: 'The signature or the secret of the webhook does not fit',
    nextAction: 'Set the secret of the provider’s webhook, and look at the clock of this machine.',
  },
  webhook_unreadable: {
    status: 400,
    title: 'The webhook is signed, and still can not be read',
    nextAction:
      'Set the API version of the webhook at the billing provider to the one that the detail names.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    nextAction: 'Send `Authorization: Bearer <API key>` with a key that was not revoked.',
  },
  caller_not_active: {
    status: 403,
    title: 'The organization of the API key is not active',
    nextAction: 'Ask whoever serves you to restore the organization.',
  },
  own_organization: {
    status: 403,
    title: 'An organization does not decide this about itself',
    nextAction: 'Ask whoever serves you to do it.',
  },
  decided_above: {
    status: 403,
    title: 'Somebody above you decided this',
    nextAction: 'Ask whoever serves you to take it back.',
  },
  platform_only: {
    status: 403,
    title: 'Only the platform decides this',
    nextAction: 'Ask those who operate the platform to do it.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    nextAction: 'Check the address, and that your API key may see it.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address does not answer this method',
    nextAction: 'Use a method that the `Allow` header names.',
  },
  parent_not_active: {
    status: 409,
    title: 'The parent organization is not active',
    nextAction: 'Restore the parent first, or add the account under an active organization.',
  },
  organization_not_active: {
    status: 409,
    title: 'The organization is not active',
    nextAction: 'Restore the organization that `detail` names, then send the request again.',
  },
  operation_in_progress: {
    status: 409,
    title: 'Another change of the account is under way',
    nextAction: 'Wait until it has closed, or cancel it: `GET /v1/operations?organizationId=…`.',
  },
  no_plan: {
    status: 409,
    title: 'The organization has no plan of its own',
    nextAction: 'A unit draws on its enterprise; a suspended or closed account has to be restored first.',
  },
  plan_invoiced: {
    status: 409,
    title: 'The plan was invoiced already',
    nextAction:
      'A conversion can be taken back only until it is invoiced. Lower the limit, or close the account.',
  },
  invitation_accepted: {
    status: 409,
    title: 'The person has accepted the invitation',
    nextAction: 'Leave out `email`: the link to reset the password goes to the email they sign in with.',
  },
  has_open_accounts: {
    status: 409,
    title: 'There are accounts below that are not closed',
    nextAction: 'Close the accounts below it first.',
  },
  licenses_exhausted: {
    status: 409,
    title: 'All licenses are assigned',
    nextAction:
      'Remove a device that is not used any more, move its license (`POST /v1/devices/{id}/move`), or raise the limit of the plan.',
  },
  no_licenses: {
    status: 409,
    title: 'The organization has no licenses',
    nextAction: 'Add the device to an organization with a plan, or add an account below this one for it.',
  },
  trial_ended: {
    status: 409,
    title: 'The trial has ended',
    nextAction:
      'Convert the plan to purchased, then send the request again. Devices keep the licenses they hold.',
  },
  subscription_not_active: {
    status: 409,
    title: 'The plan is not active',
    nextAction: 'Restore the account that the licenses belong to, then send the request again.',
  },
  device_removed: {
    status: 409,
    title: 'The device was removed',
    nextAction: 'Add the new device to its organization: `POST /v1/organizations/{id}/devices`.',
  },
  device_exists: {
    status: 409,
    title: 'The device is there already',
    nextAction:
      'Remove the old device, whose license is then free, or move it to a device with another `externalId`.',
  },
  invalid_state: {
    status: 409,
    title: 'The state does not allow this',
    nextAction: 'Read it again and decide by its present state.',
  },
  too_many_endpoints: {
    status: 409,
    title: 'The organization has as many webhook endpoints as it may',
    nextAction: 'Delete one that is not used any more, or have one endpoint take more types of events.',
  },
  credit_not_supported: {
    status: 409,
    title: 'This can not be credited here',
    nextAction: 'Credit an invoice, not a credit note; where its provider can not, correct it there.',
  },
  provider_refused: {
    status: 409,
    title: 'The billing provider refuses this',
    nextAction: 'Read `detail` for what the provider says.',
  },
  stale_version: {
    status: 412,
    title: 'Somebody changed it meanwhile',
    nextAction: 'Read it again, apply your change to what it is now, and send its new ETag.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    nextAction: 'Send no more than `detail` names.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has a type that is not understood',
    nextAction: 'Send `Content-Type: application/json`.',
  },
  invalid_request: {
    status: 422,
    title: 'The request has wrong fields',
    nextAction: 'Correct the fields that `errors` names and send the request again.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The idempotency key was used for another request',
    nextAction: 'Use a new key for a new request, or send the body that the key was used with.',
  },
  version_required: {
    status: 428,
    title: 'A change needs the version it is made to',
    nextAction: 'Read the resource and send its ETag as `If-Match`.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    nextAction: 'Wait as long as `Retry-After` says.',
  },
  internal_error: {
    status: 500,
    title: 'The server failed',
    nextAction: 'Try again later. If it stays, give the request id to those who operate this service.',
  },
  database_unreachable: {
    status: 503,
    title: 'The database can not be reached, or is too busy',
    nextAction: 'Try again in a moment: nothing was changed. An idempotency key makes that safe.',
  },
  provider_unreachable: {
    status: 503,
    title: 'The billing provider can not be reached',
    nextAction: 'Send the same request again in a moment, with the same idempotency key.',
  },
  temporal_unreachable: {
    status: 503,
    title: 'Temporal can not be reached',
    nextAction: 'Try again in a moment.',
  },
} satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof problemTypes

export function findProblemType(code: string): ProblemType | undefined {
  return Object.entries(problemTypes).find(([known]) => known === code)?.[1]
}
