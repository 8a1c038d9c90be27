// The public entry `tenantry/accounts`: the built-in steps that a step of another package can name in `needs`. `notify-user` is
// optional, so a step can only name it in `after`.
export { createOrganization } from './create-organization.ts'
export { createUser } from './create-user.ts'
export { provisionLicenses } from './provision-licenses.ts'
export { startBilling } from './start-billing.ts'
export { validateAccount } from './validate-account.ts'
