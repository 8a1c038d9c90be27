import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { finishDocument, type OpenApiDocument } from './openapi-document.ts'

const tags = [
  { name: 'Accounts', description: 'Add an account with one request.' },
  {
    name: 'Onboardings',
    description: 'Runs that add an account. Read their progress, and retry, skip or cancel them.',
  },
  { name: 'Operations', description: 'Runs that change an existing account, such as a change of plan.' },
  { name: 'Organizations', description: 'The hierarchy of partners, customers, enterprises and units.' },
  { name: 'Users', description: 'The users of an organization, and their invitations.' },
  { name: 'Licenses', description: 'The licenses of an account: allocated, assigned and used.' },
  { name: 'Plans', description: 'Trial and purchased plans, and the billing adapter of each.' },
  {
    name: 'Billing',
    description: 'Bills, invoices, credit notes and monthly statements. Amounts are in minor units.',
  },
  { name: 'Devices', description: 'The devices of an organization. Each device holds one license.' },
  { name: 'Webhooks', description: 'Endpoints on your own server that receive events as signed requests.' },
  { name: 'Health', description: 'Checks for load balancers and process supervisors.' },
  { name: 'Problems', description: 'The meaning of each error code.' },
]

const description = `One request adds an account. A durable workflow validates the request, creates the organization and the
user, subscribes the account to its plan and allocates its licenses. Send \`Authorization: Bearer <API key>\`. Lists take
\`limit\`, and as \`cursor\` the \`nextCursor\` of the previous page. Times are UTC in RFC 3339. Amounts are integers in minor
units of their currency. Errors are RFC 9457 \`application/problem+json\`; decide by their \`code\`.`

/** Documents the routes that are registered after this call, from the schemas that validate them. */
export async function documentApi(app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: { title: 'Tenantry', version: '1.0.0', description },
      servers: [{ url: publicUrl }],
      tags,
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      const described = jsonSchemaTransformObject(document)
      finishDocument(described as OpenApiDocument)
      return described
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The default policy changes http URLs to https, which a deployment without TLS does not serve.
    transformStaticCSP: (header) => header.replace(/;? *upgrade-insecure-requests;?/, ''),
    theme: {
      title: 'Tenantry API',
      // The top bar shows the brand of Swagger.
      css: [{ filename: 'tenantry.css', content: '.swagger-ui .topbar { display: none }' }],
    },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
