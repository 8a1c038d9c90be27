import type { FastifyRequest } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findOrganization, type Organization } from '../../domain/organizations/read-organizations.ts'
import type { OrganizationUser } from '../../domain/users/read-users.ts'
import { callerOf } from '../access/api-key.ts'
import { userOf } from '../access/path-resource.ts'
import { notFound } from '../http/problem.ts'

/** A user, and the organization that it belongs to. */
export interface Member {
  user: OrganizationUser
  organization: Organization
}

/** The user of the path, and its organization. @throws Problem when the organization was removed meanwhile. */
export async function memberOf(db: DatabaseConnection, request: FastifyRequest): Promise<Member> {
  const user = userOf(request)
  const organization = await findOrganization(db, callerOf(request).path, user.organizationId)
  if (organization === undefined) throw notFound()
  return { user, organization }
}
