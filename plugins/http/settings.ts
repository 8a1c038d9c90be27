import { Webhook } from 'standardwebhooks'
import { z } from 'zod'

export interface HttpSettings {
  url: string
  /** The secret that signs our calls and the webhooks of the provider: `whsec_` and base64, as in Standard Webhooks. */
  secret: string
  /** The milliseconds to wait for one answer. A step can make two calls within its timeout of 10 seconds. Default: 4,000. */
  patience?: number
}

const schema = z.object({
  BILLING_HTTP_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://billing.example.com/tenantry' })
    .refine((value) => new URL(value).username === '' && new URL(value).password === '', {
      error: 'must not hold a user or a password: calls are signed with BILLING_HTTP_SECRET instead',
      // The check for a URL has already refused any other value.
      when: ({ value }) => URL.canParse(String(value)),
    }),
  BILLING_HTTP_SECRET: z
    .string('must be set too, to the secret that calls are signed with')
    .refine(isSecret, {
      error: 'must be `whsec_` and at least 24 bytes in base64',
    }),
})

/**
 * @returns undefined when `BILLING_HTTP_URL` is not set. Then the adapter is not enabled.
 * @throws Error, one line, naming the variable that has a bad value, without the value.
 */
export function readHttpSettings(variables: Readonly<Record<string, string>>): HttpSettings | undefined {
  if (variables.BILLING_HTTP_URL === undefined) return undefined
  const parsed = schema.safeParse(variables)
  if (parsed.success) return { url: parsed.data.BILLING_HTTP_URL, secret: parsed.data.BILLING_HTTP_SECRET }
  const issue = parsed.error.issues[0]
  throw new Error(`${String(issue?.path[0])} ${issue?.message}.`)
}

function isSecret(value: string): boolean {
  return Buffer.from(value.replace(/^whsec_/, ''), 'base64').length >= 24 && isBase64(value)
}

function isBase64(value: string): boolean {
  try {
    return new Webhook(value) instanceof Webhook
  } catch {
    return false
  }
}
