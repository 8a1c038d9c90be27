import { describe, expect, test } from 'vitest'
import { readDecision } from '../../workflows/read-decision.ts'

// People type these payloads into the Web UI, or after `temporal workflow signal --input`.
describe('a payload', () => {
  test.each([
    ['no value', undefined, {}],
    ['null', null, {}],
    ['an empty text', '', {}],
    ['an empty object', {}, {}],
    ['the id of a step', ' notify-user ', { step: 'notify-user' }],
    [
      'fields',
      { step: 'a', reason: 'why', actor: 'Ada', decision: 'dec_1' },
      { step: 'a', reason: 'why', actor: 'Ada', decision: 'dec_1' },
    ],
    ['empty fields', { step: 'a', reason: '', actor: null }, { step: 'a' }],
    ['answers about undoing', { undo: { a: 'undo', b: 'keep' } }, { undo: { a: 'undo', b: 'keep' } }],
    ['the stuck steps', { stuck: ['a', 'b'] }, { stuck: ['a', 'b'] }],
    ['answers and stuck steps that are null', { undo: null, stuck: null }, {}],
    ['a reason on several lines', { reason: 'one\r\n\ttwo' }, { reason: 'one\r\n\ttwo' }],
    ['a reason of five hundred letters', { reason: 'x'.repeat(500) }, { reason: 'x'.repeat(500) }],
    ['a name of a hundred letters', { actor: 'x'.repeat(100) }, { actor: 'x'.repeat(100) }],
  ])('with %s is a decision', (_, payload, decision) => {
    expect(readDecision('retry', payload)).toEqual({ decision })
  })

  test.each([
    ['a number', 7],
    ['a boolean', true],
    ['a list', ['notify-user']],
    ['bytes', new Uint8Array([1])],
    ['a text of blanks', '   '],
    ['a text that is too long for a step', 'x'.repeat(101)],
    ['a text with a control character', 'a\u0007b'],
  ])('with %s is refused, and the refusal says which payloads are accepted', (_, payload) => {
    const { refusal } = { refusal: '', ...readDecision('retry', payload) }
    expect(refusal).toContain('payload is not valid')
    expect(refusal).toContain('or no payload to retry every stuck step')
  })

  test.each([
    ['a step of blanks', { step: '  ' }, 'step'],
    ['an empty step', { step: '' }, 'step'],
    ['a step that is null', { step: null }, 'step'],
    ['a step that is a number', { step: 7 }, 'step'],
    ['a step that is too long', { step: 'x'.repeat(101) }, 'step'],
    ['an unknown field', { reson: 'typo' }, 'reson'],
    ['an unknown field that is empty', { reson: null }, 'reson'],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 'reason'],
    ['a reason that is a list', { reason: ['x'] }, 'reason'],
    ['a reason with a lone surrogate', { reason: 'a\ud800' }, 'reason'],
    ['a name that is too long', { actor: 'x'.repeat(101) }, 'actor'],
    ['an answer other than undo or keep', { undo: { a: 'perhaps' } }, 'undo'],
    ['answers in a list', { undo: ['undo'] }, 'undo'],
    ['answers that are a text', { undo: 'undo' }, 'undo'],
    ['an answer about a step that is too long', { undo: { ['x'.repeat(101)]: 'undo' } }, 'undo'],
    ['stuck steps that are a text', { stuck: 'a' }, 'stuck'],
    ['stuck steps with a number', { stuck: ['a', 7] }, 'stuck'],
    ['several unknown fields', { reason: 'fine', x: 1, y: 2 }, 'x'],
  ])('with %s is refused, and the refusal names the first wrong field', (_, payload, field) => {
    const { refusal } = { refusal: '', ...readDecision('skip', payload) }
    expect(refusal).toContain(`"${field}" of the payload is not valid`)
    expect(refusal).toContain('Use {"step":"the-step","reason":"why"}.')
  })

  test('with a long field name is refused with the first forty characters of the name', () => {
    expect(readDecision('cancel', { ['x'.repeat(41)]: 1 })).toEqual({
      refusal: `The field "${'x'.repeat(40)}" of the payload is not valid. Use {"reason":"why"}, or no payload.`,
    })
  })

  test('with a corrected input is refused, and the refusal names the API', () => {
    expect(readDecision('retry', { input: {} })).toEqual({
      refusal: expect.stringContaining('through the API'),
    })
  })

  test('that names a step is refused for a cancel', () => {
    expect(readDecision('cancel', 'notify-user')).toEqual({
      refusal: expect.stringContaining('cannot name a step'),
    })
  })
})
