import { simpleParser } from 'mailparser'
import type { DeliveryReport } from '../plugin-contract.ts'
import { idempotencyKeyOf, messageIdFor } from './message-id.ts'

/**
 * Reads a delivery status notification (RFC 3464) about one of our messages. It takes only codes and ids from it, because the rest
 * quotes addresses.
 * @param from the sender of our messages.
 * @returns an empty list for any other message, such as a reply by a person.
 */
export async function readDeliveryStatus(message: string, from: string): Promise<DeliveryReport[]> {
  const { attachments } = await simpleParser(message, { keepDeliveryStatus: true, skipImageLinks: true })
  const partOf = (...types: string[]) =>
    attachments.find(({ contentType }) => types.includes(contentType))?.content.toString() ?? ''
  // The first group of fields describes the notification, and each other group a recipient.
  const [perMessage = '', ...recipients] = partOf('message/delivery-status')
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
  const ids = await identify(perMessage, partOf('message/rfc822', 'text/rfc822-headers'), from)
  if (ids === undefined) return []
  return recipients.flatMap((group) => {
    const report = readRecipient(group)
    return report === undefined ? [] : [{ ...ids, ...report }]
  })
}

/** Identifies our message by the Message-ID in the returned headers, and by the envelope id that some servers return. */
async function identify(
  perMessage: string,
  returned: string,
  from: string,
): Promise<Pick<DeliveryReport, 'messageId' | 'idempotencyKey'> | undefined> {
  const envelopeId = fieldOf(perMessage, 'Original-Envelope-Id').trim()
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

/** Some servers report only `5.0.0`, and quote the more precise code of the next server. */
function preciseCode(status: string, diagnostic: string): string | null {
  const reported = statusCode.exec(status)?.[0] ?? null
  if (reported !== null && !reported.endsWith('.0.0')) return reported
  const quoted = statusCode.exec(diagnostic)?.[0] ?? null
  return quoted !== null && (reported === null || quoted[0] === reported[0]) ? quoted : reported
}

/** A status code such as `5.1.1`, and not a part of an IP address. */
const statusCode = /(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?![\w.]*\w)/

/** The headers of the returned message. Its body can be long, cut off, or in another encoding than declared. */
function headersOf(returned: string): string {
  return returned.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? ''
}
