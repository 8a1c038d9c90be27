import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { typeidUnboxed } from 'typeid-js'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import type { Identity } from '../domain/identity.ts'
import type { Registry } from '../plugins/registry.ts'
import { requireApiKey } from './access.ts'
import type { RouteDependencies } from './dependencies.ts'
import { answerWithProblem } from './error-handler.ts'
import { createLauncher } from './launcher.ts'
import { loggerOptions, logRequests, type LogSettings } from './logging.ts'
import { answerUnknownRoutes } from './not-found.ts'
import { createOnboardingFeed } from './onboarding-feed.ts'
import type { Runs } from './runs.ts'
import { documentApi } from './openapi.ts'
import { runPresenters } from './present-run.ts'
import { accountChangeRoutes } from './routes/account-changes.ts'
import { accountRoutes } from './routes/accounts.ts'
import { activityRoutes } from './routes/activity.ts'
import { deviceRoutes } from './routes/devices.ts'
import { billingWebhookRoutes } from './routes/billing-webhooks.ts'
import { healthRoutes } from './routes/health.ts'
import { invoiceRoutes } from './routes/invoices.ts'
import { licenseRoutes } from './routes/licenses.ts'
import { runEventRoutes } from './routes/run-events.ts'
import { runDecisionRoutes } from './routes/run-decisions.ts'
import { decisionListRoutes } from './routes/decision-list.ts'
import { onboardingRoutes } from './routes/onboardings.ts'
import { operationRoutes } from './routes/operations.ts'
import { organizationRoutes } from './routes/organizations.ts'
import { passwordRoutes } from './routes/password.ts'
import { problemRoutes } from './routes/problems.ts'
import { statementRoutes } from './routes/statements.ts'
import { userRoutes } from './routes/users.ts'
import { onboardingResource, operationResource } from './run-resources.ts'
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { startSweeper } from './sweeper.ts'
import { validatorCompiler } from './validation.ts'

export interface AppDependencies {
  db: DatabaseConnection
  /** For the one connection that listens for changes. */
  databaseUrl: string
  registry: Registry
  /** Days that a trial lasts where a request does not say. */
  trialDays: number
  identity: Identity
  temporal: Runs
  /** The origin that people reach this API under. */
  publicUrl: string
  temporalUiUrl?: string | undefined
  namespace: string
  log: LogSettings
}

const bodyLimit = 64 * 1024

/** Builds the API. It does not listen yet; closing it stops all that it started. */
export async function buildApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { db, registry, temporal: runs, publicUrl } = dependencies
  const app = Fastify({
    logger: loggerOptions(dependencies.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    // To receive a request; how long an answer may take is each route's own matter.
    requestTimeout: 15_000,
    genReqId: () => typeidUnboxed('req'),
    frameworkErrors: (error, request, reply) => {
      void answerWithProblem(error, request, reply)
    },
  })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(answerWithProblem)
  app.setValidatorCompiler(validatorCompiler)
  // Answers are built field by field from typed values, so that parsing them again would only cost time.
  app.setSerializerCompiler(() => JSON.stringify)
  answerUnknownRoutes(app)
  logRequests(app)

  const feed = createOnboardingFeed({ databaseUrl: dependencies.databaseUrl })
  const launcher = createLauncher(runs, app.log)
  const sweeper = startSweeper({ db, runs, logger: app.log })
  // Before connections are closed, so that those who wait are answered.
  app.addHook('preClose', async () => {
    await Promise.all([feed.close(), sweeper.stop(), launcher.settle()])
  })

  app.addHook('onSend', async (_, reply) => {
    // A connection that is kept would keep the server from ending.
    if (feed.closing.aborted) void reply.header('connection', 'close')
  })

  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] }, useDefaults: false },
    strictTransportSecurity: publicUrl.startsWith('https:'),
  })
  await documentApi(app, { publicUrl })
  const routeDependencies: RouteDependencies = {
    db,
    registry,
    accountDefaults: { billingAdapter: registry.defaultBillingAdapter, trialDays: dependencies.trialDays },
    runs,
    launcher,
    feed,
    ...runPresenters({ url: dependencies.temporalUiUrl, namespace: dependencies.namespace }),
    publicUrl,
  }
  healthRoutes(app, routeDependencies)
  problemRoutes(app)
  await app.register(passwordRoutes, { identity: dependencies.identity, db })
  await app.register(async (v1) => billingWebhookRoutes(v1, routeDependencies), { prefix: '/v1' })
  await app.register(async (v1) => registerVersion1(v1, routeDependencies), { prefix: '/v1' })
  return app
}

function registerVersion1(app: FastifyInstance, dependencies: RouteDependencies): void {
  requireApiKey(app, dependencies.db)
  accountRoutes(app, dependencies)
  onboardingRoutes(app, dependencies)
  operationRoutes(app, dependencies)
  accountChangeRoutes(app, dependencies)
  for (const resource of [onboardingResource, operationResource]) {
    runEventRoutes(app, dependencies, resource)
    runDecisionRoutes(app, dependencies, resource)
    decisionListRoutes(app, dependencies, resource)
  }
  organizationRoutes(app, dependencies)
  activityRoutes(app, dependencies)
  licenseRoutes(app, dependencies)
  invoiceRoutes(app, dependencies)
  deviceRoutes(app, dependencies)
  statementRoutes(app, dependencies)
  userRoutes(app, dependencies)
  webhookEndpointRoutes(app, dependencies)
  webhookDeliveryRoutes(app, dependencies)
}
