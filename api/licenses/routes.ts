import { countLicenses } from '../../domain/licenses/count-licenses.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { organizationInScope, organizationOf, organizationParams } from '../access/path-resource.ts'
import { licenses } from './schemas.ts'

export function licenseRoutes(app: App, { db }: RouteDependencies): void {
  app.get(
    '/organizations/:organizationId/licenses',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'getLicenses',
        summary: 'Read the licenses that an organization can use',
        tags: ['Licenses'],
        params: organizationParams,
        response: { 200: licenses },
      },
    },
    async (request) => {
      const { plan, ...counts } = await countLicenses(db, organizationOf(request))
      return {
        plan: plan === null ? null : { ...plan, trialEndsAt: plan.trialEndsAt?.toISOString() ?? null },
        ...counts,
      }
    },
  )
}
