import type { JournalRun } from '../history/history.ts'
import type { SentRequest } from '../clients/caller.ts'
import { type Invariant, runViolation, type Violation } from './invariant.ts'

/** The classes of errors that only a person can resolve after all faults are over. */
const expectedClasses = ['unknown_outcome', 'needs_input']

export const acceptedRequests: Invariant = {
  title: 'every accepted request is completed, cancelled, failed or needs attention',
  check({ sent, runs }) {
    const runById = new Map(runs.map((run) => [run.id, run]))
    const accepted = sent.filter(({ id }) => id !== undefined)
    const lost = accepted
      .filter(({ id = '' }) => !runById.has(id))
      .map(({ id, request }) => ({
        runId: id,
        requestName: request.name,
        message: 'The request was accepted, and its run does not exist.',
      }))
    return {
      compared: `${accepted.length} accepted requests, ${runs.length} runs`,
      violations: [
        ...lost,
        ...runs.flatMap(wrongStatus),
        ...accepted.flatMap((each) => notCancelled(each, runById.get(each.id ?? ''))),
      ],
    }
  },
}

function wrongStatus(run: JournalRun): Violation[] {
  const stuckErrors = run.steps.flatMap(({ status, error }) =>
    status === 'needs_attention' && error !== null ? [error] : [],
  )
  if (run.status === 'completed' || run.status === 'cancelled') return []
  if (run.status === 'failed') {
    const refused = run.steps.some(({ error }) => error?.class === 'terminal')
    return refused ? [] : [runViolation(run, 'The run failed, and no step has a terminal error.')]
  }
  if (run.status !== 'needs_attention') return [runViolation(run, `The run is still ${run.status}.`)]
  if (stuckErrors.length === 0) return [runViolation(run, 'The run needs attention, and no step is stuck.')]
  return stuckErrors
    .filter((error) => !expectedClasses.includes(error.class))
    .map(({ code }) =>
      runViolation(run, `The run needs attention because of ${code}, which a retry resolves.`),
    )
}

function notCancelled({ cancelled }: SentRequest, run: JournalRun | undefined): Violation[] {
  if (run === undefined || cancelled !== true) return []
  // A failed run has created nothing, so there is nothing to cancel.
  return ['cancelled', 'needs_attention', 'failed'].includes(run.status)
    ? []
    : [runViolation(run, `The API accepted the cancel, and the run is ${run.status}.`)]
}
