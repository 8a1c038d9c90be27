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

describe('the text of an error', () => {
  test('has the values of its parameters in every place', () => {
    expect(fill('{a} and {b} and {a}', { a: 1, b: 'two' })).toBe('1 and two and 1')
  })

  test('has a value unchanged, also when the value looks like a parameter', () => {
    expect(fill('The provider says: {reason}', { reason: '{code} and $&' })).toBe(
      'The provider says: {code} and $&',
    )
  })

  test('keeps the names of parameters without a value', () => {
    expect(fill('{a} {b}', { a: 'x' })).toBe('x {b}')
  })
})

describe('an error', () => {
  test('has the code, the class and the filled in texts of its declaration', () => {
    const fields = [{ pointer: '/company/name', message: 'The name is taken.' }]
    expect(stepError(crmRefused, { parameters: { status: 422, account: 'org_1' }, fields })).toMatchObject({
      code: 'crm_refused',
      class: 'needs_input',
      message: 'The CRM refused the account (HTTP status 422).',
      nextAction: 'Read in the CRM why it refused org_1, then retry.',
      fields,
    })
  })

  test('needs no parameters when its texts have none', () => {
    expect(stepError(crmAway)).toMatchObject({ ...crmAway, fields: [], retryAfter: undefined })
    expect(stepError(crmAway, { retryAfter: 5_000 }).retryAfter).toBe(5_000)
  })

  test('does not compile with other parameters than those of its texts', () => {
    // @ts-expect-error all parameters are missing
    stepError(crmRefused)
    // @ts-expect-error the parameter of the next action is missing
    stepError(crmRefused, { parameters: { status: 422 } })
    // @ts-expect-error the texts have no parameters
    stepError(crmAway, { parameters: { status: 422 } })
    // @ts-expect-error the parameter of the message is missing
    fieldProblem('/company/name', crmRefused)
  })

  test('may be the problem of a field', () => {
    const parameters = { status: 422 }
    expect(fieldProblem('/company/name', crmRefused, { parameters })).toEqual({
      pointer: '/company/name',
      code: 'crm_refused',
      message: 'The CRM refused the account (HTTP status 422).',
    })
  })
})
