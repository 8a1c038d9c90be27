import { simpleParser } from 'mailparser'
import type { DeliveryReport } from '../plugin-contract.ts'
import { idempotencyKeyOf, messageIdFor } from './message-id.ts'

/**
 * What a message says about the delivery of one of ours, if it is a delivery status notification (RFC 3464). Of what it holds
 * only codes and ids are taken: the rest quotes addresses.
 * @param from the sender of our messages.
 * @returns nothing for any other message, such as an answer that a person wrote.
 */
export async function readDeliveryStatus(message: string, from: string): Promise<DeliveryReport[]> {
  const { attachments } = await simpleParser(message, { keepDeliveryStatus: true, skipImageLinks: true })
  const partOf = (...types: string[]) =>
    attachments.find(({ contentType }) => types.includes(contentType))?.content.toString() ?? ''
  // The first group of fields is about the notification itself, each other one about a recipient.
  const [about = '', ...recipients] = partOf('message/delivery-status')
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
  const which = await identify(about, partOf('message/rfc822', 'text/rfc822-headers'), from)
  if (which === undefined) return []
  return recipients.flatMap((group) => {
    const told = readRecipient(group)
    return told === undefined ? [] : [{ ...which, ...told }]
  })
}

/** By the Message-ID in what was returned, and by the envelope id, which servers give back that were asked to report. */
async function identify(
  about: string,
  returned: string,
  from: string,
): Promise<Pick<DeliveryReport, 'messageId' | 'idempotencyKey'> | undefined> {
  const envelopeId = fieldOf(about, 'Original-Envelope-Id').trim()
  const messageId = (await simpleParser(headersOf(returned))).messageId?.replace(/^<|>$/g, '')
  if (messageId === undefined && envelopeId === '') return undefined
  const idempotencyKey = envelopeId === '' ? idempotencyKeyOf(messageId ?? '') : envelopeId
  return { messageId: messageId ?? messageIdFor(idempotencyKey, from), idempotencyKey }
}

function fieldOf(group: string, name: string): string {
  return new RegExp(`^${name}:(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(group)?.[1] ?? ''
}

function readRecipient(group: string): Pick<DeliveryReport, 'status' | 'code'> | undefined {
  const action = fieldOf(group, 'Action').trim().toLowerCase()
  const code = preciseCode(fieldOf(group, 'Status'), fieldOf(group, 'Diagnostic-Code'))
  if (action === 'delivered') return { status: 'delivered', code }
  if (action === 'delayed') return { status: 'delayed', code }
  if (action !== 'failed') return undefined
  return { status: code?.startsWith('4') === true ? 'expired' : 'bounced', code }
}

/** Some servers say no more than `5.0.0`, and quote the answer of the next one, which says why. */
function preciseCode(status: string, diagnostic: string): string | null {
  const said = statusCode.exec(status)?.[0] ?? null
  if (said !== null && !said.endsWith('.0.0')) return said
  const quoted = statusCode.exec(diagnostic)?.[0] ?? null
  return quoted !== null && (said === null || quoted[0] === said[0]) ? quoted : said
}

/** No part of an address of a host. */
const statusCode = /(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?![\w.]*\w)/

/** The body of what is returned may be long, cut off, or not in its declared encoding. */
function headersOf(returned: string): string {
  return returned.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? ''
}
