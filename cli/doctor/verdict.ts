import type { Fault } from '../../plugins/faults.ts'
import { StartFailure } from '../stack/failure.ts'

/** What came of one check. All is well when there are no faults. */
export interface Verdict {
  title: string
  faults: readonly Fault[]
}

/** A fault as it is printed when it stops a start: there the sentences are without their dots. */
export function asFailure({ message, nextAction }: Fault): StartFailure {
  return new StartFailure(withoutDot(message), withoutDot(nextAction))
}

export function asFault({ message, nextAction }: StartFailure): Fault {
  return { message: `${withoutDot(message)}.`, nextAction: `${withoutDot(nextAction)}.` }
}

function withoutDot(sentence: string): string {
  return sentence.replace(/\.$/, '')
}
