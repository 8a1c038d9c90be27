const longest = 200

/**
 * A provider's own words in a form that may be shown and kept: one line, not long, and without what may be personal or
 * secret, which is whatever we sent, addresses, and anything that looks like a key.
 */
export function safeText(text: string, sent: unknown): string {
  let safe = text
  for (const value of stringsIn(sent)) safe = safe.replaceAll(value, '…')
  safe = safe
    .replaceAll(/\S+@\S+|\w+:\/\/\S+/gu, '…')
    .replaceAll(/[\w+/=.-]{20,}/gu, '…')
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim()
  return safe.length > longest ? `${safe.slice(0, longest - 1)}…` : safe
}

function stringsIn(value: unknown): string[] {
  // A short one, such as a kind of plan, is a word like any other.
  if (typeof value === 'string') return value.length < 3 ? [] : [value]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value)
    .filter(([name]) => name !== 'kind')
    .flatMap(([, inner]) => stringsIn(inner))
    .sort((a, b) => b.length - a.length)
}
