import { describe, expect, test } from 'vitest'
import { defineError, fieldProblem } from '../../../domain/errors/error-declaration.ts'
import { fill } from '../../../domain/errors/error-text.ts'
import { stepError } from '../../../plugins/plugin-contract.ts'

const crmRefused = defineError({
  code: 'crm_refused',
  class: 'needs_input',
  message: 'The CRM refused the account (HTTP status {status}).',
  nextAction: 'Read in the CRM why it refused {account}, then retry.',
})
const crmAway = defineError({
  code: 'crm_away',
  class: 'retryable',
  message: 'The CRM is not available.',
  nextAction: 'Wait, then retry.',
})

describe('a text', () => {
  test('takes its parameters, wherever they stand', () => {
    expect(fill('{a} and {b} and {a}', { a: 1, b: 'two' })).toBe('1 and two and 1')
  })

  test('takes a value as it is, even one that looks like a parameter', () => {
    expect(fill('The provider says: {reason}', { reason: '{code} and $&' })).toBe(
      'The provider says: {code} and $&',
    )
  })

  test('keeps the names that have no value', () => {
    expect(fill('{a} {b}', { a: 'x' })).toBe('x {b}')
  })
})

describe('the error of a declaration', () => {
  test('has its code, its class and its texts, filled in', () => {
    const fields = [{ pointer: '/company/name', message: 'The name is taken.' }]
    expect(stepError(crmRefused, { parameters: { status: 422, account: 'org_1' }, fields })).toMatchObject({
      code: 'crm_refused',
      class: 'needs_input',
      message: 'The CRM refused the account (HTTP status 422).',
      nextAction: 'Read in the CRM why it refused org_1, then retry.',
      fields,
    })
  })

  test('needs nothing when its texts have no parameters', () => {
    expect(stepError(crmAway)).toMatchObject({ ...crmAway, fields: [], retryAfter: undefined })
    expect(stepError(crmAway, { retryAfter: 5_000 }).retryAfter).toBe(5_000)
  })

  test('is not made without the parameters of its texts: the compiler asks for them', () => {
    // @ts-expect-error there are none
    stepError(crmRefused)
    // @ts-expect-error one of the next action is missing
    stepError(crmRefused, { parameters: { status: 422 } })
    // @ts-expect-error the texts have none
    stepError(crmAway, { parameters: { status: 422 } })
    // @ts-expect-error the message has one
    fieldProblem('/company/name', crmRefused)
  })

  test('may be told of a field', () => {
    const parameters = { status: 422 }
    expect(fieldProblem('/company/name', crmRefused, { parameters })).toEqual({
      pointer: '/company/name',
      code: 'crm_refused',
      message: 'The CRM refused the account (HTTP status 422).',
    })
  })
})
