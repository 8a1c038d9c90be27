import type { JournalRun } from '../history/history.ts'
import type { SentRequest } from '../clients/customer.ts'
import { about, type Invariant, type Violation } from './invariant.ts'

/** A person may be waited for only where nobody but a person can decide. */
const legitimate = ['unknown_outcome', 'needs_input']

export const accepted: Invariant = {
  title: 'what was accepted is completed, cancelled, refused or waits for a person',
  check({ sent, runs }) {
    const byId = new Map(runs.map((run) => [run.id, run]))
    const lost = sent
      .filter(({ id }) => id !== undefined && !byId.has(id))
      .map(({ id, request }) => ({
        run: id,
        name: request.name,
        what: 'It was accepted and is not on record.',
      }))
    const all = sent.filter(({ id }) => id !== undefined)
    return {
      compared: `${all.length} accepted requests, ${runs.length} runs`,
      violations: [...lost, ...runs.flatMap(openEnd), ...all.flatMap((each) => brokenWord(each, byId))],
    }
  },
}

function openEnd(run: JournalRun): Violation[] {
  const errors = run.steps.flatMap(({ status, error }) =>
    status === 'needs_attention' && error !== null ? [error] : [],
  )
  if (run.status === 'completed' || run.status === 'cancelled') return []
  if (run.status === 'failed') {
    const refused = run.steps.some(({ error }) => error?.class === 'terminal')
    return refused ? [] : [about(run, 'It failed, and no step has refused it.')]
  }
  if (run.status !== 'needs_attention') return [about(run, `It is ${run.status}, and nobody works on it.`)]
  if (errors.length === 0) return [about(run, 'It waits for a person, and no step says why.')]
  return errors
    .filter((error) => !legitimate.includes(error.class))
    .map(({ code }) => about(run, `It waits for a person because of ${code}, which is over.`))
}

function brokenWord({ id, cancelled }: SentRequest, byId: ReadonlyMap<string, JournalRun>): Violation[] {
  const run = byId.get(id ?? '')
  if (run === undefined || cancelled !== true) return []
  // Where it failed, it was refused, and nothing was made that could be undone.
  return ['cancelled', 'needs_attention', 'failed'].includes(run.status)
    ? []
    : [about(run, `Its customer was told that it is cancelled, and it is ${run.status}.`)]
}
