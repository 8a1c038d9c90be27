import type { History } from '../history/history.ts'
import { accepted } from './accepted.ts'
import { answers } from './answers.ts'
import { charges } from './charges.ts'
import { histories } from './workflow-histories.ts'
import { ledger } from './step-journals.ts'
import { messages } from './messages.ts'
import { nothingTwice } from './nothing-twice.ts'
import { processes } from './processes.ts'
import { provider } from './provider-records.ts'
import type { Violation } from './invariant.ts'

export interface InvariantResult {
  title: string
  compared: string
  violations: Violation[]
}

/** Holds what everybody has on record against each other, rule by rule. */
export function checkInvariants(history: History): InvariantResult[] {
  return [accepted, answers, nothingTwice, messages, ledger, provider, charges, histories, processes].map(
    ({ title, check }) => ({ title, ...check(history) }),
  )
}
