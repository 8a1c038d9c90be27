import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { typeidUnboxed } from 'typeid-js'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Identity } from '../domain/users/identity.ts'
import type { Registry } from '../plugins/registry.ts'
import { requireApiKey } from './access/api-key.ts'
import type { App, RouteDependencies } from './route-dependencies.ts'
import { answerWithProblem } from './http/error-handler.ts'
import { createLauncher } from '../temporal/launcher.ts'
import { loggerOptions, logRequests, type LogSettings } from './http/logging.ts'
import { answerUnknownRoutes } from './http/unknown-routes.ts'
import { createRunFeed } from './runs/run-feed.ts'
import type { Runs } from '../temporal/runs.ts'
import { documentApi } from './http/openapi.ts'
import { completeSchemas } from './http/route-schemas.ts'
import { decorateWithResources } from './access/path-resource.ts'
import { runPresenters } from './runs/presenter.ts'
import { accountChangeRoutes } from './account-changes/routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { billRoutes } from './bills/routes.ts'
import { bulkDecisionRoutes } from './bulk-decisions/routes.ts'
import { deviceRoutes } from './devices/routes.ts'
import { providerWebhookRoutes } from './provider-webhooks/routes.ts'
import { healthRoutes } from './http/health.ts'
import { invoiceRoutes } from './invoices/routes.ts'
import { licenseRoutes } from './licenses/routes.ts'
import { runEventRoutes } from './runs/event-routes.ts'
import { runDecisionRoutes } from './decisions/routes.ts'
import { decisionListRoutes } from './decisions/list-routes.ts'
import { runRoutes } from './runs/routes.ts'
import { organizationRoutes } from './organizations/routes.ts'
import { passwordRoutes } from './password/routes.ts'
import { problemRoutes } from './http/problem-pages.ts'
import { statementRoutes } from './statements/routes.ts'
import { userChangeRoutes } from './users/change-routes.ts'
import { userRoutes } from './users/routes.ts'
import { onboardingResource, operationResource } from './runs/run-resources.ts'
import { webhookDeliveryRoutes } from './webhooks/delivery-routes.ts'
import { webhookEndpointRoutes } from './webhooks/endpoint-routes.ts'
import { startSweeper } from '../temporal/sweeper.ts'
import { validatorCompiler } from './http/validation.ts'

export interface AppDependencies {
  db: DatabaseConnection
  /** The connection string of Postgres. The run feed opens a connection of its own to listen for changes. */
  databaseUrl: string
  registry: Registry
  /** The length of a trial in days, for requests without `trialDays`. */
  trialDays: number
  identity: Identity
  temporal: Runs
  /** The origin of this API as callers reach it, such as `https://api.example.com`. */
  publicUrl: string
  temporalUiUrl?: string | undefined
  namespace: string
  log: LogSettings
}

/** The largest body of a request, in bytes. */
const bodyLimit = 64 * 1024

/** Builds the API without listening. Closing the app stops the run feed, the sweeper and the launcher as well. */
export async function buildApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { db, registry, temporal: runs, publicUrl } = dependencies
  const app = Fastify({
    logger: loggerOptions(dependencies.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    // The most milliseconds to receive a request. Each route limits the time to answer by itself.
    requestTimeout: 15_000,
    genReqId: () => typeidUnboxed('req'),
    frameworkErrors: (error, request, reply) => {
      void answerWithProblem(error, request, reply)
    },
  }).withTypeProvider<ZodTypeProvider>()
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(answerWithProblem)
  app.setValidatorCompiler(validatorCompiler)
  // Presenters build every response from typed values, so validating a response again would only cost time.
  app.setSerializerCompiler(() => JSON.stringify)
  answerUnknownRoutes(app)
  logRequests(app)

  const feed = createRunFeed({ databaseUrl: dependencies.databaseUrl })
  const launcher = createLauncher(runs, app.log)
  const sweeper = startSweeper({ db, runs, logger: app.log })
  // Runs before Fastify closes connections, so that waiting requests still get a response.
  app.addHook('preClose', async () => {
    await Promise.all([feed.close(), sweeper.stop(), launcher.finish()])
  })

  app.addHook('onSend', async (_, reply) => {
    // A connection that is kept alive would delay the end of the process.
    if (feed.closing.aborted) void reply.header('connection', 'close')
  })

  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] }, useDefaults: false },
    strictTransportSecurity: publicUrl.startsWith('https:'),
  })
  await documentApi(app, { publicUrl })
  const temporalUi = { url: dependencies.temporalUiUrl, namespace: dependencies.namespace }
  const routeDependencies: RouteDependencies = {
    db,
    registry,
    accountDefaults: { billingAdapter: registry.defaultBillingAdapter, trialDays: dependencies.trialDays },
    runs,
    launcher,
    feed,
    temporalUi,
    ...runPresenters(temporalUi),
    publicUrl,
  }
  healthRoutes(app, routeDependencies)
  problemRoutes(app)
  completeSchemas(app)
  await app.register(passwordRoutes, { identity: dependencies.identity, db })
  await app.register(async (v1) => providerWebhookRoutes(v1, routeDependencies), { prefix: '/v1' })
  await app.register(async (v1) => registerVersion1(v1, routeDependencies), { prefix: '/v1' })
  return app
}

function registerVersion1(app: App, dependencies: RouteDependencies): void {
  requireApiKey(app, dependencies.db)
  decorateWithResources(app)
  accountRoutes(app, dependencies)
  runRoutes(app, dependencies)
  bulkDecisionRoutes(app, dependencies)
  accountChangeRoutes(app, dependencies)
  for (const resource of [onboardingResource, operationResource]) {
    runEventRoutes(app, dependencies, resource)
    runDecisionRoutes(app, dependencies, resource)
    decisionListRoutes(app, dependencies, resource)
  }
  organizationRoutes(app, dependencies)
  licenseRoutes(app, dependencies)
  invoiceRoutes(app, dependencies)
  billRoutes(app, dependencies)
  deviceRoutes(app, dependencies)
  statementRoutes(app, dependencies)
  userRoutes(app, dependencies)
  userChangeRoutes(app, dependencies)
  webhookEndpointRoutes(app, dependencies)
  webhookDeliveryRoutes(app, dependencies)
}
