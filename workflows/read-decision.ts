import type { DecisionAction } from '../domain/decisions/decision.ts'
import { fill } from '../domain/errors/error-text.ts'
import type { SentDecision } from './contract.ts'
import { cancelTakesNoStep, correctionNotHere, payloadFieldNotValid, payloadNotValid } from './errors.ts'

/** What a payload means, or, in words for a person, why it means nothing. */
export type ReadDecision = { decision: SentDecision } | { refusal: string }

/**
 * Reads what a person may have typed into the Web UI or the `temporal` command. Nothing at all is a decision without a step,
 * and a plain text names one; whatever can't be understood decides nothing.
 */
export function readDecision(action: DecisionAction, payload: unknown): ReadDecision {
  if (payload === undefined || payload === null || payload === '') return { decision: {} }
  if (typeof payload === 'string') return readText(action, payload)
  if (typeof payload !== 'object' || Array.isArray(payload) || ArrayBuffer.isView(payload))
    return { refusal: fill(payloadNotValid.message, { advice: advice[action] }) }
  const wrong = Object.entries(payload).find(([field, value]) => !fits(field, value))
  if (wrong === undefined) return { decision: withoutEmpty(payload) }
  const [field] = wrong
  if (field === 'input') return { refusal: correctionNotHere.message }
  const parameters = { field: field.slice(0, 40), advice: advice[action] }
  return { refusal: fill(payloadFieldNotValid.message, parameters) }
}

const advice: Record<DecisionAction, string> = {
  retry: 'Use {"step":"the-step","reason":"why"}, or no payload to retry every stuck step.',
  skip: 'Use {"step":"the-step","reason":"why"}.',
  cancel: 'Use {"reason":"why"}, or no payload.',
}

function readText(action: DecisionAction, text: string): ReadDecision {
  if (action === 'cancel') return { refusal: fill(cancelTakesNoStep.message, { advice: advice.cancel }) }
  if (!fits('step', text)) return { refusal: fill(payloadNotValid.message, { advice: advice[action] }) }
  return { decision: { step: text.trim() } }
}

function fits(field: string, value: unknown): boolean {
  // A step that is left empty by mistake must not mean all of them.
  if (field === 'step') return isText(value, 100) && value.trim() !== ''
  if (value === null) return known.includes(field)
  if (field === 'undo') return isAnswers(value)
  if (field === 'stuck') return Array.isArray(value) && value.every((step) => isText(step, 100))
  return known.includes(field) && isText(value, field === 'reason' ? 500 : 100)
}

const known = ['reason', 'actor', 'decision', 'undo', 'stuck']

/** What our database can keep. */
function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest && !unprintable.test(value)
}

const unprintable = /[^\P{Cc}\n\r\t]|\p{Cs}/u

function isAnswers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([step, answer]) => isText(step, 100) && answers.includes(answer))
}

const answers: unknown[] = ['undo', 'keep']

/** A field that is empty is one that was left out. */
function withoutEmpty(payload: object): SentDecision {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null && value !== ''))
}
