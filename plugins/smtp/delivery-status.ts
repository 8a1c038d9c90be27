import { simpleParser } from 'mailparser'
import type { DeliveryReport } from '../contract.ts'
import { idempotencyKeyOf } from './message-id.ts'

/**
 * What a message says about the delivery of one of ours, if it is a delivery status notification (RFC 3464). Of what it holds
 * only codes and ids are taken: the rest quotes addresses.
 * @returns nothing for any other message, such as an answer that a person wrote.
 */
export async function readDeliveryStatus(message: string): Promise<DeliveryReport[]> {
  const { attachments } = await simpleParser(message, { keepDeliveryStatus: true, skipImageLinks: true })
  const partOf = (...types: string[]) =>
    attachments.find(({ contentType }) => types.includes(contentType))?.content.toString()
  const status = partOf('message/delivery-status')
  const returned = partOf('message/rfc822', 'text/rfc822-headers')
  if (status === undefined || returned === undefined) return []
  const messageId = (await simpleParser(headersOf(returned))).messageId?.replace(/^<|>$/g, '')
  if (messageId === undefined) return []
  // The first group of fields is about the notification itself, each other one about a recipient.
  return status
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .slice(1)
    .flatMap((group) => {
      const told = readRecipient(group)
      return told === undefined ? [] : [{ messageId, idempotencyKey: idempotencyKeyOf(messageId), ...told }]
    })
}

function readRecipient(group: string): Pick<DeliveryReport, 'status' | 'code'> | undefined {
  const field = (name: string) => new RegExp(`^${name}:(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(group)?.[1] ?? ''
  const action = field('Action').trim().toLowerCase()
  const code = preciseCode(field('Status'), field('Diagnostic-Code'))
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

const statusCode = /\b[245]\.\d{1,3}\.\d{1,3}\b(?!\.)/

/** The body of what is returned may be long, cut off, or not in its declared encoding. */
function headersOf(returned: string): string {
  return returned.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? ''
}
