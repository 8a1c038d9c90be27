import type { Fault } from '../../plugins/faults.ts'
import { StartFailure } from '../stack/failure.ts'

/** The result of one check. Without faults, all is well. */
export interface Verdict {
  title: string
  faults: readonly Fault[]
}

/** A fault as a failure of a start, whose sentences have no final dots. */
export function asFailure({ message, nextAction }: Fault): StartFailure {
  return new StartFailure(withoutDot(message), withoutDot(nextAction))
}

export function asFault({ message, nextAction }: StartFailure): Fault {
  return { message: `${withoutDot(message)}.`, nextAction: `${withoutDot(nextAction)}.` }
}

function withoutDot(sentence: string): string {
  return sentence.replace(/\.$/, '')
}
