/** Returns the Message-ID for an idempotency key, without angle brackets. All attempts have the same one. */
export function messageIdFor(idempotencyKey: string, from: string): string {
  const domain = from.match(/@([^>\s]+)/)?.[1] ?? 'localhost'
  return `${idempotencyKey.replaceAll(':', '.')}@${domain}`
}

/** Returns the idempotency key of a Message-ID from `messageIdFor`. It expects a key without dots. */
export function idempotencyKeyOf(messageId: string): string {
  return messageId.replace(/@[^@]*$/, '').replaceAll('.', ':')
}
