import { STATUS_CODES } from 'node:http'
import { addAccountExamples } from '../accounts/schemas.ts'
import { bulkExamples } from '../bulk-decisions/schemas.ts'
import { billExamples } from '../bills/schemas.ts'
import { creditExample } from '../invoices/schemas.ts'
import { deviceExamples } from '../devices/schemas.ts'
import { decisionExamples } from '../decisions/schemas.ts'
import { planExamples } from '../account-changes/plan-schemas.ts'
import { standingExamples } from '../account-changes/schemas.ts'
import { organizationChangesExample } from '../organizations/schemas.ts'
import { userExamples } from '../users/schemas.ts'
import { webhookExamples } from '../webhooks/schemas.ts'

interface MediaType {
  schema?: { default?: unknown }
  examples?: Record<string, { value: unknown }>
}
interface Operation {
  operationId?: string
  requestBody?: { required?: boolean; content?: Record<string, MediaType> }
  responses?: Record<string, { description?: string }>
}
export interface OpenApiDocument {
  paths?: Record<string, Record<string, Operation> | undefined>
  components?: { schemas?: Record<string, unknown> }
}

/** The example requests, by operation id. The tests send them. */
const examples: Record<string, Record<string, unknown>> = {
  addAccount: addAccountExamples,
  retryOnboarding: { correctedEmail: decisionExamples.retryWithCorrection },
  skipStep: { toldByPhone: decisionExamples.skip },
  cancelOnboarding: { orderedTwice: decisionExamples.cancel },
  addUser: { invited: userExamples.invited },
  changeUser: { renamed: userExamples.renamed, corrected: userExamples.corrected },
  moveUser: { toAnotherAccount: userExamples.moved },
  sendPasswordInstructions: { corrected: userExamples.corrected },
  decideInBulk: bulkExamples,
  writeOffBill: { refused: billExamples.writeOff },
  handOverBill: { moved: billExamples.handOver },
  creditInvoice: { returnedDevice: creditExample },
  addDevice: { laptop: deviceExamples.laptop },
  moveLicense: { replacement: deviceExamples.replacement },
  changePlan: planExamples,
  suspendAccount: { unpaid: standingExamples.suspend },
  closeAccount: { left: standingExamples.close },
  changeOrganization: { moved: organizationChangesExample },
  createWebhookEndpoint: { twoTypes: webhookExamples.create },
  changeWebhookEndpoint: { disabled: webhookExamples.disable },
}

/** Adds example requests and a name for each status, and removes schemas without a reference. */
export function finishDocument<Document extends OpenApiDocument>(document: Document): Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path ?? {})) {
      addExamples(operation)
      allowMissingBody(operation)
      nameStatuses(operation)
    }
  }
  const schemas = document.components?.schemas ?? {}
  const used = reachable(document.paths, schemas)
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name]
  return document
}

function addExamples({ operationId = '', requestBody }: Operation): void {
  const known = examples[operationId]
  if (known === undefined) return
  const named = Object.fromEntries(Object.entries(known).map(([name, value]) => [name, { value }]))
  for (const media of Object.values(requestBody?.content ?? {})) media.examples = named
}

function allowMissingBody({ requestBody }: Operation): void {
  const media = Object.values(requestBody?.content ?? {})
  if (requestBody !== undefined && media.some(({ schema }) => schema?.default !== undefined))
    requestBody.required = false
}

function nameStatuses({ responses = {} }: Operation): void {
  for (const [status, response] of Object.entries(responses))
    if (response.description === 'Default Response') response.description = STATUS_CODES[status] ?? status
}

function reachable(root: unknown, schemas: Record<string, unknown>): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    for (const [, name = ''] of (JSON.stringify(value) ?? '').matchAll(
      /"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (found.has(name)) continue
      found.add(name)
      visit(schemas[name])
    }
  }
  visit(root)
  return found
}
