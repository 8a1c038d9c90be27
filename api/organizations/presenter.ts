import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { OrganizationView } from './schemas.ts'

export function presentOrganization({ path: _path, ...organization }: Organization): OrganizationView {
  return {
    ...organization,
    createdAt: organization.createdAt.toISOString(),
    updatedAt: organization.updatedAt.toISOString(),
  }
}

/** The entity tag of an organization, for `ETag` and `If-Match`. */
export function etagOf({ version }: Organization): string {
  return `"${version}"`
}
