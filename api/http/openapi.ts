import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { finishDocument, type OpenApiDocument } from './openapi-document.ts'

const tags = [
  { name: 'Accounts', description: 'Add an account with one request.' },
  {
    name: 'Onboardings',
    description: 'What becomes of a request: follow it, and decide when it needs a person.',
  },
  { name: 'Operations', description: 'What changes an account that exists, carried out like an onboarding.' },
  { name: 'Organizations', description: 'The tree of partners, customers, enterprises and their units.' },
  { name: 'Users', description: 'The people of an organization.' },
  { name: 'Licenses', description: 'Allocated, assigned and used.' },
  { name: 'Plans', description: 'Trials and purchased plans, and who bills them.' },
  {
    name: 'Billing',
    description: 'Invoices, credit notes and monthly statements. Amounts are in minor units.',
  },
  { name: 'Devices', description: 'What holds licenses, one each.' },
  { name: 'Webhooks', description: 'Be told of what happens, in signed requests to your own server.' },
  { name: 'Health', description: 'For load balancers and supervisors.' },
  { name: 'Problems', description: 'What error codes mean.' },
]

const description = `One request adds an account: a durable workflow validates it, creates the organization and the user,
subscribes it to its plan and allocates its licenses. Send \`Authorization: Bearer <API key>\`. Lists take \`limit\` and
the \`cursor\` that the page before answered. Errors are RFC 9457 \`application/problem+json\`; decide by their \`code\`.`

/** Documents every route registered after this, from the schemas that validate it. */
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
    // Its default would turn an address of plain http into one of https, which may not exist.
    transformStaticCSP: (header) => header.replace(/;? *upgrade-insecure-requests;?/, ''),
    theme: {
      title: 'Tenantry API',
      // The bar on top shows somebody else's brand.
      css: [{ filename: 'tenantry.css', content: '.swagger-ui .topbar { display: none }' }],
    },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
