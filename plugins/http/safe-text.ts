const maximumLength = 200

/** Makes one line of at most 200 characters, in which `…` replaces the data that we `sent`, addresses, and texts like keys. */
export function safeText(text: string, sent: unknown): string {
  let safe = text
  for (const value of stringsIn(sent)) safe = safe.replaceAll(value, '…')
  safe = safe
    .replaceAll(/\S+@\S+|\w+:\/\/\S+/gu, '…')
    .replaceAll(/[\w+/=.-]{20,}/gu, '…')
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim()
  return safe.length > maximumLength ? `${safe.slice(0, maximumLength - 1)}…` : safe
}

function stringsIn(value: unknown): string[] {
  // Keep short texts, because they are common words.
  if (typeof value === 'string') return value.length < 3 ? [] : [value]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value)
    .filter(([name]) => name !== 'kind')
    .flatMap(([, inner]) => stringsIn(inner))
    .sort((a, b) => b.length - a.length)
}
