import type { Fault } from '../../plugins/faults.ts'
import { StartFailure } from '../stack/failure.ts'

export interface Verdict {
  title: string
  faults: readonly Fault[]
  /** What an operator may want to know, and is not a fault. */
  notes?: readonly string[]
}

export function asFailure({ message, nextAction }: Fault): StartFailure {
  return new StartFailure(withoutDot(message), withoutDot(nextAction))
}

export function asFault({ message, nextAction }: StartFailure): Fault {
  return { message: `${withoutDot(message)}.`, nextAction: `${withoutDot(nextAction)}.` }
}

function withoutDot(sentence: string): string {
  return sentence.replace(/\.$/, '')
}
