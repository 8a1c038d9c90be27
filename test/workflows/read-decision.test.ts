import { describe, expect, test } from 'vitest'
import { readDecision } from '../../workflows/read-decision.ts'

// What people type into the Web UI, or after `temporal workflow signal --input`.
describe('a payload', () => {
  test.each([
    ['nothing at all', undefined, {}],
    ['null', null, {}],
    ['an empty text', '', {}],
    ['an empty object', {}, {}],
    ['the id of a step', ' notify-user ', { step: 'notify-user' }],
    [
      'fields',
      { step: 'a', reason: 'why', actor: 'Ada', decision: 'dec_1' },
      { step: 'a', reason: 'why', actor: 'Ada', decision: 'dec_1' },
    ],
    ['fields that are empty', { step: 'a', reason: '', actor: null }, { step: 'a' }],
    ['answers', { undo: { a: 'undo', b: 'keep' } }, { undo: { a: 'undo', b: 'keep' } }],
    ['what was stuck', { stuck: ['a', 'b'] }, { stuck: ['a', 'b'] }],
    ['no answers', { undo: null, stuck: null }, {}],
    ['a reason on several lines', { reason: 'one\r\n\ttwo' }, { reason: 'one\r\n\ttwo' }],
    ['a reason of five hundred letters', { reason: 'x'.repeat(500) }, { reason: 'x'.repeat(500) }],
    ['a name of a hundred letters', { actor: 'x'.repeat(100) }, { actor: 'x'.repeat(100) }],
  ])('of %s is understood', (_, payload, decision) => {
    expect(readDecision('retry', payload)).toEqual({ decision })
  })

  test.each([
    ['a number', 7],
    ['a truth', true],
    ['a list', ['notify-user']],
    ['bytes', new Uint8Array([1])],
    ['a text of blanks', '   '],
    ['a text that is too long for a step', 'x'.repeat(101)],
    ['a text that nobody can print', 'a\u0007b'],
  ])('of %s is not understood, and what would be is said', (_, payload) => {
    const { refusal } = { refusal: '', ...readDecision('retry', payload) }
    expect(refusal).toContain('payload is not valid')
    expect(refusal).toContain('or no payload to retry every stuck step')
  })

  test.each([
    ['a step of blanks', { step: '  ' }, 'step'],
    ['an empty step', { step: '' }, 'step'],
    ['no step', { step: null }, 'step'],
    ['a step that is none', { step: 7 }, 'step'],
    ['a step that is too long', { step: 'x'.repeat(101) }, 'step'],
    ['a field that there is not', { reson: 'typo' }, 'reson'],
    ['a field that there is not, though empty', { reson: null }, 'reson'],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 'reason'],
    ['a reason that is no text', { reason: ['x'] }, 'reason'],
    ['a reason with half a character', { reason: 'a\ud800' }, 'reason'],
    ['a name that is too long', { actor: 'x'.repeat(101) }, 'actor'],
    ['an answer that is none', { undo: { a: 'perhaps' } }, 'undo'],
    ['answers in a list', { undo: ['undo'] }, 'undo'],
    ['answers that are a text', { undo: 'undo' }, 'undo'],
    ['an answer about a step that is too long', { undo: { ['x'.repeat(101)]: 'undo' } }, 'undo'],
    ['what was stuck that is no list', { stuck: 'a' }, 'stuck'],
    ['what was stuck that is no step', { stuck: ['a', 7] }, 'stuck'],
    ['the first of several', { reason: 'fine', x: 1, y: 2 }, 'x'],
  ])('with %s is refused by the name of its field', (_, payload, field) => {
    const { refusal } = { refusal: '', ...readDecision('skip', payload) }
    expect(refusal).toContain(`"${field}" of the payload is not valid`)
    expect(refusal).toContain('Use {"step":"the-step","reason":"why"}.')
  })

  test('repeats no more than forty letters of a field', () => {
    expect(readDecision('cancel', { ['x'.repeat(41)]: 1 })).toEqual({
      refusal: `The field "${'x'.repeat(40)}" of the payload is not valid. Use {"reason":"why"}, or no payload.`,
    })
  })

  test('with a correction is sent to the API', () => {
    expect(readDecision('retry', { input: {} })).toEqual({
      refusal: expect.stringContaining('through the API'),
    })
  })

  test('that names a step does not cancel the run', () => {
    expect(readDecision('cancel', 'notify-user')).toEqual({
      refusal: expect.stringContaining('cannot name a step'),
    })
  })
})
