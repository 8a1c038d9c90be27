import { describe, expect, test } from 'vitest'
import { httpWhenConfigured } from '../../../plugins/http/plugin.ts'
import { providerSecret } from './billing-provider.ts'

const url = 'https://billing.example.com/calls'

describe('the adapter http', () => {
  test('is off until BILLING_HTTP_URL is set', () => {
    expect(httpWhenConfigured({ BILLING_HTTP_SECRET: providerSecret })).toEqual([])
    const [plugin] = httpWhenConfigured({ BILLING_HTTP_URL: url, BILLING_HTTP_SECRET: providerSecret })
    expect(plugin?.billing?.map(({ id }) => id)).toEqual(['http'])
  })

  test.each([
    [{ BILLING_HTTP_URL: 'billing.example.com' }, 'BILLING_HTTP_URL must be a URL such as'],
    [{ BILLING_HTTP_URL: 'ftp://billing.example.com' }, 'BILLING_HTTP_URL must be a URL such as'],
    [
      { BILLING_HTTP_URL: 'https://ada:hunter2@billing.example.com' },
      'BILLING_HTTP_URL must not hold a user',
    ],
    [{ BILLING_HTTP_URL: url }, 'BILLING_HTTP_SECRET must be set too'],
    [{ BILLING_HTTP_URL: url, BILLING_HTTP_SECRET: 'hunter2' }, 'BILLING_HTTP_SECRET must be `whsec_` and'],
    [
      { BILLING_HTTP_URL: url, BILLING_HTTP_SECRET: 'whsec_c2hvcnQ=' },
      'BILLING_HTTP_SECRET must be `whsec_` and',
    ],
  ])('refuses %j with an error that names the variable and not its value', (variables, expected) => {
    const start = () => httpWhenConfigured(variables)
    expect(start).toThrow(expected)
    expect(start).not.toThrow('hunter2')
  })
})
