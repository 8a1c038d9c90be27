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

function disagreements(run: JournalRun, { executions, ...workflow }: WorkflowHistory): Violation[] {
  const expected = run.status === 'needs_attention' ? 'running' : run.status
  const messages = run.steps.flatMap(({ id, status }) => {
    const recorded = recordedStatus(workflow, id)
    const agrees = recorded === undefined ? !['done', 'compensated'].includes(status) : recorded === status
    const says = { done: 'done', compensated: 'undone', nothing: 'neither done nor undone' }
    return agrees
      ? []
      : [`Step ${id} is ${status}, and the workflow history says ${says[recorded ?? 'nothing']}.`]
  })
  if (executions > 1) messages.push(`The workflow of the run has ${executions} executions.`)
  if (workflow.status !== expected)
    messages.push(`The run is ${run.status}, and its workflow is ${workflow.status}.`)
  return messages.map((message) => runViolation(run, message))
}

function recordedStatus({ done, undone }: Pick<WorkflowHistory, 'done' | 'undone'>, id: string) {
  if (undone.includes(id)) return 'compensated'
  return done.includes(id) ? 'done' : undefined
}
