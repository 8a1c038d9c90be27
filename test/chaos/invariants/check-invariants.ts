import type { History } from '../history/history.ts'
import { acceptedRequests } from './accepted-requests.ts'
import { answers } from './answers.ts'
import { charges } from './charges.ts'
import type { Violation } from './invariant.ts'
import { messages } from './messages.ts'
import { nothingTwice } from './nothing-twice.ts'
import { processes } from './processes.ts'
import { providerRecords } from './provider-records.ts'
import { stepJournals } from './step-journals.ts'
import { workflowHistories } from './workflow-histories.ts'

const invariants = [
  acceptedRequests,
  answers,
  nothingTwice,
  messages,
  stepJournals,
  providerRecords,
  charges,
  workflowHistories,
  processes,
]

export interface InvariantResult {
  title: string
  compared: string
  violations: Violation[]
}

/** Checks every invariant against the history of a chaos run. */
export function checkInvariants(history: History): InvariantResult[] {
  return invariants.map(({ title, check }) => ({ title, ...check(history) }))
}
