// The public entry `tenantry/accounts`: the built-in steps whose output a step of another package can need. Inviting the
// user may be skipped, so no step can rely on its output: `after: ['notify-user']` is how to come after it.
export { createOrganization } from './create-organization.ts'
export { createUser } from './create-user.ts'
export { provisionLicenses } from './provision-licenses.ts'
export { startBilling } from './start-billing.ts'
export { validateAccount } from './validate-account.ts'
