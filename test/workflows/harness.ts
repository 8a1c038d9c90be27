import type { WorkflowHandle } from '@temporalio/client'
import type { RunKind } from '../../domain/runs/run-requests.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import {
  type RunInput,
  type RunOutcome,
  workflowTypes,
  type Progress,
  progressQuery,
} from '../../workflows/contract.ts'
import type { ScriptedSteps } from './scripted-steps.ts'
import { timeSkippingServer } from './time-skipping-server.ts'

/** A run of the workflow on the time-skipping server. */
export interface RunUnderTest {
  handle: WorkflowHandle
  outcome(): Promise<RunOutcome>
  progress(): Promise<Progress>
  /** Waits until the run says so. */
  until(condition: (progress: Progress) => boolean): Promise<Progress>
}

interface RunOptions {
  attentionDays?: number | null
  kind?: RunKind
  /** What was answered when it was cancelled, for a run whose workflow was lost since. */
  undoing?: RunInput['undoing']
  /** A signal that is there before the run does anything. */
  firstSignal?: string
}

/** What the tests of a file run their plans on. */
export function runsUnderTest() {
  const server = timeSkippingServer()
  return {
    ...server,
    /** Starts the workflow with these activities, and lets `body` act on it. */
    withRun<Result>(
      plan: PlannedStep[],
      { activities }: ScriptedSteps,
      body: (run: RunUnderTest) => Promise<Result>,
      { attentionDays = 30, kind = 'add-account', undoing, firstSignal }: RunOptions = {},
    ): Promise<Result> {
      const input = {
        runId: 'onb_test',
        plan,
        ...(attentionDays === null ? {} : { attentionDays }),
        ...(undoing === undefined ? {} : { undoing }),
      }
      const options = { activities, ...(firstSignal === undefined ? {} : { firstSignal }) }
      return server.perform(workflowTypes[kind], input, options, (handle) => {
        const progress = () => handle.query<Progress>(progressQuery)
        const until: RunUnderTest['until'] = async (condition) => {
          for (;;) {
            const now = await progress()
            if (condition(now)) return now
            await server.sleep(10)
          }
        }
        return body({ handle, outcome: () => handle.result(), progress, until })
      })
    },
  }
}
