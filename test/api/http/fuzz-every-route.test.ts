import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bulkExamples } from '../../../api/bulk-decisions/schemas.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { stripe } from '../../../plugins/stripe/plugin.ts'
import { nearly, type Schema } from '../../builders/from-schema.ts'
import { anInvoice } from '../../builders/invoice.ts'
import { anOpenBill } from '../../builders/open-bill.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { signedHeaders, webhookSecret } from '../../builders/stripe-event.ts'
import { aUser } from '../../builders/user.ts'
import { tries } from '../../stack/extent.ts'
import { reportsSecret } from '../../stack/engine.ts'
import { pointersOf, startApiForFile } from '../api-under-test.ts'

interface Operation {
  operationId: string
  parameters?: { in: string; name: string; schema: Schema }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, unknown> }>
}
interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  operation: Operation
}

/** The value of each path parameter. */
const prices = { currency: 'USD', purchased: 500, trial: 0 }
const api = await startApiForFile({
  plugins: [
    stripe({ secretKey: 'sk_test_unused', prices, webhookSecret }),
    smtp({ url: 'smtp://127.0.0.1:1', from: 'no-reply@tenantry.example', reportsSecret }),
  ],
})
const document = (await api.app.inject('/openapi.json')).json()
const schemas = document.components.schemas
const routes = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase() as Route['method'],
    path,
    operation,
  })),
)
const parameters = await createPathParameters()

async function createPathParameters(): Promise<Record<string, string>> {
  const partner = await anOrganization(api.db, api.platformId)
  const organizationId = await anOrganization(api.db, partner, { type: 'customer' })
  await aPlan(api.db, organizationId, { licenses: null })
  const made = async (url: string, body: unknown = {}) => String((await api.post(url, body)).body.id)
  const account = { type: 'partner', company: { name: 'Fuzzed', state: 'TX' } }
  const { id: invoiceId } = await anInvoice(api.db, organizationId)
  const hook = { url: 'https://8.8.8.8/hook' }
  const endpointId = await made(`/v1/organizations/${organizationId}/webhook-endpoints`, hook)
  const suspended = await anOrganization(api.db, partner, { type: 'customer' })
  return {
    organizationId,
    parentId: partner,
    invoiceId,
    billId: await anOpenBill(api.db, organizationId),
    endpointId,
    month: '2026-10',
    adapter: 'stripe',
    notifier: 'smtp',
    userId: await aUser(api.db, organizationId, { email: 'ada@fuzzed.example' }),
    code: 'not_found',
    deviceId: await made(`/v1/organizations/${organizationId}/devices`, { name: 'Laptop' }),
    onboardingId: await made(`/v1/organizations/${partner}/accounts`, account),
    operationId: await made(`/v1/organizations/${suspended}/suspend`),
    bulkDecisionId: await made('/v1/onboardings/bulk', bulkExamples.mailIsBack),
    deliveryId: await made(`/v1/webhook-endpoints/${endpointId}/test`),
  }
}

const addressOf = (path: string) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? name)

/** Whether a route takes bodies in the form of a provider. */
const isForProviders = (operationId: string) =>
  operationId === 'receiveBillingWebhook' || operationId === 'receiveDeliveryReports'

/** Whether a route answers with an event stream, which stays open until its run is closed. */
const isStream = ({ responses }: Operation) =>
  Object.values(responses).some(({ content = {} }) => 'text/event-stream' in content)

async function sendAndCheck(route: Route, query: Record<string, unknown>, body: unknown): Promise<number> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) search.set(name, asText(value))
  const address = `${addressOf(route.path)}${search.size === 0 ? '' : `?${search.toString()}`}`
  const answer = await api.send(route.method, address, {
    ...(body === undefined ? {} : { body }),
    headers: headersFor(body),
  })
  expect(answer.status, `${route.method} ${address} ${JSON.stringify(body)}`).toBeLessThan(500)
  if (answer.status < 400) return answer.status
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ status: answer.status, code: expect.any(String) })
  if (answer.body.code === 'invalid_request' || answer.body.code === 'invalid_parameters') {
    const pointers = pointersOf(answer)
    expect(pointers).not.toEqual([])
    for (const pointer of pointers) expect(pointer).toMatch(/^(\/.*)?$/s)
  }
  return answer.status
}
let keys = 0

/** Every header that some route needs. */
const headersFor = (body: unknown) => ({
  ...signedHeaders(JSON.stringify(body) ?? ''),
  'if-match': '*',
  'idempotency-key': `key-${++keys}`,
})

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

describe('Every route of the OpenAPI document', () => {
  test('A route answers any body without a 5xx, and names the invalid fields', async () => {
    const withBody = routes.filter(({ operation }) => operation.requestBody !== undefined)
    expect(withBody.length).toBeGreaterThan(15)
    for (const route of withBody) {
      const { schema } = Object.values(route.operation.requestBody?.content ?? {})[0] ?? {}
      const bodies = nearly(schema ?? {}, schemas)
      const seen = new Set<number>()
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => void seen.add(await sendAndCheck(route, {}, body))),
        tries(80),
      )
      // If every answer were 404, the route would not have read a body.
      expect([...seen], route.operation.operationId).not.toEqual([404])
    }
  })

  test('A route answers any query without a 5xx, and names the invalid parameters', async () => {
    const withQuery = routes.filter(
      ({ operation }) =>
        operation.parameters?.some((parameter) => parameter.in === 'query') && !isStream(operation),
    )
    expect(withQuery.length).toBeGreaterThan(10)
    for (const route of withQuery) {
      const named = route.operation.parameters?.filter((parameter) => parameter.in === 'query') ?? []
      const query = fc.record(
        Object.fromEntries(named.map(({ name, schema }) => [name, nearly(schema, schemas)])),
        { requiredKeys: [] },
      )
      const body = route.operation.requestBody === undefined ? undefined : {}
      await fc.assert(
        fc.asyncProperty(query, async (one) => void (await sendAndCheck(route, one, body))),
        tries(40),
      )
    }
  })

  test('A route requires a body exactly if the document says so', async () => {
    for (const route of routes) {
      const { requestBody, operationId } = route.operation
      if (requestBody === undefined || isForProviders(operationId)) continue
      const { body } = await api.send(route.method, addressOf(route.path), {
        headers: { 'if-match': '*', 'idempotency-key': `key-${++keys}` },
      })
      const isMissed = ['malformed_json', 'unsupported_media_type', 'invalid_request'].includes(
        String(body.code),
      )
      expect([operationId, requestBody.required === true]).toEqual([operationId, isMissed])
    }
  })
})
