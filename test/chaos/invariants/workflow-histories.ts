import type { JournalRun, WorkflowHistory } from '../history/history.ts'
import { type Invariant, runViolation, type Violation } from './invariant.ts'

export const workflowHistories: Invariant = {
  title: 'the workflow histories and the step journal agree',
  check({ runs, workflows }) {
    const byRun = new Map(workflows.map((workflow) => [workflow.runId, workflow]))
    return {
      compared: `${workflows.length} workflow histories, ${runs.length} runs`,
      violations: runs.flatMap((run) => {
        const workflow = byRun.get(run.id)
        return workflow === undefined
          ? [runViolation(run, 'The run has no workflow.')]
          : disagreements(run, workflow)
      }),
    }
  },
}

function disagreements(run: JournalRun, workflow: WorkflowHistory): Violation[] {
  const expected = run.status === 'needs_attention' ? 'running' : run.status
  const done = new Set(workflow.done)
  return [
    ...(workflow.executions > 1
      ? [runViolation(run, `The workflow of the run has ${workflow.executions} executions.`)]
      : []),
    ...(workflow.status === expected
      ? []
      : [runViolation(run, `The run is ${run.status}, and its workflow is ${workflow.status}.`)]),
    ...run.steps.flatMap(({ id, status }) => {
      const recorded = workflow.undone.includes(id)
        ? 'undone'
        : done.has(id)
          ? 'done'
          : 'neither done nor undone'
      return agrees(status, recorded)
        ? []
        : [runViolation(run, `Step ${id} is ${status}, and the workflow history says ${recorded}.`)]
    }),
  ]
}

function agrees(status: string, recorded: 'done' | 'undone' | 'neither done nor undone'): boolean {
  if (status === 'done' || status === 'compensated')
    return recorded === (status === 'done' ? 'done' : 'undone')
  return recorded === 'neither done nor undone'
}
