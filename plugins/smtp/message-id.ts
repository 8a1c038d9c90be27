/** The same for every try of one intent, so that a mailbox can tell a repeated message. Without angle brackets. */
export function messageIdFor(idempotencyKey: string, from: string): string {
  const domain = from.match(/@([^>\s]+)/)?.[1] ?? 'localhost'
  return `${idempotencyKey.replaceAll(':', '.')}@${domain}`
}

/** The key that a message id was made from, as long as that has no dot. */
export function idempotencyKeyOf(messageId: string): string {
  return messageId.replace(/@[^@]*$/, '').replaceAll('.', ':')
}
