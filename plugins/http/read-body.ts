const maximumBytes = 1_000_000

/** Returns the body as text, or undefined when it has more than 1,000,000 bytes. No answer of our protocol is that large. */
export async function readBody(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    // The return cancels the rest of the stream.
    if (size > maximumBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
