// The exports of `tenantry/domain` for plug-ins of third parties: rules of the hierarchy, plans and licenses. A plug-in calls
// them in its own transaction.

export { countLicenses, type LicenseCounts } from './licenses/count-licenses.ts'
export {
  depthOf,
  findPlace,
  holdPlace,
  lockPlace,
  maximumDepth,
  type PlaceInTree,
} from './organizations/organization-tree.ts'
export {
  type AccountType,
  accountTypes,
  mayHold,
  type OrganizationType,
  organizationTypes,
  parentsFor,
  planFor,
} from './organizations/organization-types.ts'
export { findSubscription, type Subscription } from './plans/subscriptions.ts'
