import { describe, expect, test } from 'vitest'
import { freePort } from '../../../cli/stack/ports.ts'
import type { StepError } from '../../../plugins/plugin-contract.ts'
import { aCall, prices, stripeAt } from '../../builders/stripe-account.ts'
import { stepErrorOf } from '../step-error-of.ts'
import { type Script, startScriptedStripe } from './scripted-stripe.ts'

const customer = { organizationId: 'org_1', name: 'Contoso of a person' }

const failureAt = (url: string, settings: Parameters<typeof stripeAt>[1] = {}) =>
  stepErrorOf(stripeAt(url, settings).ensureCustomer(aCall(), customer))

async function failureFrom(script: Script): Promise<StepError> {
  const stripe = await startScriptedStripe(script)
  try {
    return await failureAt(stripe.url)
  } finally {
    await stripe.stop()
  }
}

function anError(type: string, more: Record<string, string> = {}): string {
  return JSON.stringify({ error: { type, message: `Contoso of a person: sk_test_12345`, ...more } })
}

describe('a failure of Stripe', () => {
  const invalid = anError('invalid_request_error')
  const validated = anError('invalid_request_error', { code: 'parameter_missing', param: 'items[0][price]' })
  test.each([
    ['a wrong key', 401, invalid, 'retryable', 'stripe_login_refused'],
    ['a key without the permission', 403, invalid, 'retryable', 'stripe_not_permitted'],
    ['too many requests', 429, anError('rate_limit_error'), 'retryable', 'stripe_rate_limited'],
    ['an internal error', 500, anError('api_error'), 'retryable', 'stripe_unreachable'],
    ['a gateway that answers HTML', 502, '<html>Bad gateway</html>', 'retryable', 'stripe_unreachable'],
    ['a gateway that answers JSON', 503, '{"message":"no"}', 'retryable', 'stripe_unreachable'],
    ['another call for the same object', 409, invalid, 'retryable', 'stripe_busy'],
    ['the same key at the same time', 409, anError('idempotency_error'), 'retryable', 'stripe_busy'],
    [
      'a key that was used with other parameters',
      400,
      anError('idempotency_error'),
      'terminal',
      'stripe_key_reused',
    ],
    ['a missing object', 404, invalid, 'terminal', 'stripe_not_found'],
    ['a wrong request', 400, validated, 'needs_input', 'stripe_refused'],
    ['a refused payment', 402, anError('card_error'), 'needs_input', 'stripe_refused'],
  ])(
    'by %s has its class and code, and quotes no personal data',
    async (_, status, body, errorClass, code) => {
      const failure = await failureFrom({ status, body })
      expect(failure).toMatchObject({ class: errorClass, code })
      expect(`${failure.message} ${failure.nextAction}`).not.toMatch(/Contoso|sk_test/)
    },
  )

  test('in the check has its code, though the check reads nothing from the answer', async () => {
    const gateway = await startScriptedStripe({ status: 503, body: '{"message":"no"}' })
    const check = stripeAt(gateway.url).check(new AbortController().signal)
    await expect(check).rejects.toMatchObject({ code: 'stripe_unreachable' })
    await gateway.stop()
  })

  test('is an answer that does not come from Stripe', async () => {
    const failure = await failureFrom({ status: 200, body: '{"message":"hello"}' })
    expect(failure).toMatchObject({ class: 'retryable', code: 'stripe_not_understood' })
  })

  test('names the parameter that Stripe refuses', async () => {
    const { message } = await failureFrom({ status: 400, body: validated })
    expect(message).toContain('parameter_missing, items[0][price]')
  })

  test('by too many requests delays the next attempt as long as Stripe asks for', async () => {
    const script = { status: 429, body: anError('rate_limit_error'), headers: { 'retry-after': '7' } }
    expect((await failureFrom(script)).retryAfter).toBe(7_000)
    expect((await failureFrom({ ...script, headers: {} })).retryAfter).toBeUndefined()
  })
})

describe('a call to a Stripe that does not answer', () => {
  const unreachable = { class: 'retryable', code: 'stripe_unreachable' }

  test('is retryable', async () => {
    expect(await failureAt(`http://127.0.0.1:${await freePort()}`)).toMatchObject(unreachable)
  })

  test('ends at its deadline', async () => {
    const silent = await startScriptedStripe({})
    expect(await failureAt(silent.url, { patience: 50 })).toMatchObject(unreachable)
    await silent.stop()
  })

  test('ends when its signal aborts', async () => {
    const silent = await startScriptedStripe({})
    const controller = new AbortController()
    const call = { idempotencyKey: 'opr_1:step:1', signal: controller.signal }
    const failure = stripeAt(silent.url, { patience: 60_000 }).ensureCustomer(call, customer)
    await silent.received
    controller.abort()
    await expect(failure).rejects.toMatchObject(unreachable)
    await silent.stop()
  })
})

test.each(['stripe.example', 'ftp://stripe.example', 'https://stripe.example/v1'])(
  'the address %s is refused with the name of the setting',
  (apiBase) => {
    expect(() => stripeAt(apiBase, { prices })).toThrow('STRIPE_API_BASE')
  },
)
