import type { DecisionAction } from '../domain/decisions/decision.ts'
import { messageOf } from '../domain/errors/error-declaration.ts'
import type { SentDecision } from './contract.ts'
import { cancelTakesNoStep, correctionNotHere, payloadFieldNotValid, payloadNotValid } from './errors.ts'

export type ReadDecision = { decision: SentDecision } | { refusal: string }

/**
 * Reads the payload of a signal or an update, which a person may have typed into the Web UI or the `temporal` command. An empty
 * payload is a decision that names no step. A plain text names a step.
 */
export function readDecision(action: DecisionAction, payload: unknown): ReadDecision {
  if (payload === undefined || payload === null || payload === '') return { decision: {} }
  if (typeof payload === 'string') return readText(action, payload)
  if (typeof payload !== 'object' || Array.isArray(payload) || ArrayBuffer.isView(payload))
    return notValid(action)
  const wrong = Object.entries(payload).find(([field, value]) => !fits(field, value))
  if (wrong === undefined) return { decision: withoutEmpty(payload) }
  const [field] = wrong
  if (field === 'input') return { refusal: correctionNotHere.message }
  const parameters = { field: field.slice(0, 40), advice: advice[action] }
  return { refusal: messageOf(payloadFieldNotValid, { parameters }) }
}

const advice: Record<DecisionAction, string> = {
  retry: 'Use {"step":"the-step","reason":"why"}, or no payload to retry every stuck step.',
  skip: 'Use {"step":"the-step","reason":"why"}.',
  cancel: 'Use {"reason":"why"}, or no payload.',
}

function readText(action: DecisionAction, text: string): ReadDecision {
  if (action === 'cancel')
    return { refusal: messageOf(cancelTakesNoStep, { parameters: { advice: advice.cancel } }) }
  if (!fits('step', text)) return notValid(action)
  return { decision: { step: text.trim() } }
}

function notValid(action: DecisionAction): ReadDecision {
  return { refusal: messageOf(payloadNotValid, { parameters: { advice: advice[action] } }) }
}

function fits(field: string, value: unknown): boolean {
  // An empty step is a mistake. It must not mean every stuck step.
  if (field === 'step') return isText(value, 100) && value.trim() !== ''
  if (value === null) return known.includes(field)
  if (field === 'undo') return isAnswers(value)
  if (field === 'stuck') return Array.isArray(value) && value.every((step) => isText(step, 100))
  return known.includes(field) && isText(value, field === 'reason' ? 500 : 100)
}

const known = ['reason', 'actor', 'decision', 'undo', 'stuck']

/** Whether our database can store the text. */
function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest && !unprintable.test(value)
}

const unprintable = /[^\P{Cc}\n\r\t]|\p{Cs}/u

function isAnswers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([step, answer]) => isText(step, 100) && answers.includes(answer))
}

const answers: unknown[] = ['undo', 'keep']

/** Removes empty fields: they mean the same as absent ones. */
function withoutEmpty(payload: object): SentDecision {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null && value !== ''))
}
