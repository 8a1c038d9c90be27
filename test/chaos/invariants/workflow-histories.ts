import type { JournalRun, WorkflowHistory } from '../history/history.ts'
import { about, type Invariant, type Violation } from './invariant.ts'

export const histories: Invariant = {
  title: 'the workflow histories and the step journal agree',
  check({ runs, histories: all }) {
    const byRun = new Map(all.map((history) => [history.run, history]))
    return {
      compared: `${all.length} histories, ${runs.length} runs`,
      violations: runs.flatMap((run) => {
        const history = byRun.get(run.id)
        return history === undefined ? [about(run, 'It has no workflow.')] : disagreements(run, history)
      }),
    }
  },
}

function disagreements(run: JournalRun, history: WorkflowHistory): Violation[] {
  const expected = run.status === 'needs_attention' ? 'running' : run.status
  const known = new Set(history.done)
  return [
    ...(history.executions > 1 ? [about(run, `Its workflow was started ${history.executions} times.`)] : []),
    ...(history.status === expected
      ? []
      : [about(run, `It is ${run.status}, and its workflow is ${history.status}.`)]),
    ...run.steps.flatMap(({ id, status }) => {
      const told = history.undone.includes(id) ? 'undone' : known.has(id) ? 'done' : 'neither done nor undone'
      return agrees(status, told)
        ? []
        : [about(run, `${id} is ${status}, and its workflow heard that it is ${told}.`)]
    }),
  ]
}

function agrees(status: string, told: 'done' | 'undone' | 'neither done nor undone'): boolean {
  if (status === 'done' || status === 'compensated') return told === (status === 'done' ? 'done' : 'undone')
  return told === 'neither done nor undone'
}
