import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { OrganizationView } from './schemas.ts'

export function presentOrganization({ path: _path, ...organization }: Organization): OrganizationView {
  return {
    ...organization,
    createdAt: organization.createdAt.toISOString(),
    updatedAt: organization.updatedAt.toISOString(),
  }
}

export function etagOf({ version }: Organization): string {
  return `"${version}"`
}
