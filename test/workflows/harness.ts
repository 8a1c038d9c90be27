import type { WorkflowHandle } from '@temporalio/client'
import type { RunKind } from '../../domain/runs/run-requests.ts'
import type { PlannedStep } from '../../domain/runs/run-plan.ts'
import {
  type decisionNames,
  type SentDecision,
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
  /** Sends a decision as an update. Rejects when it is refused. */
  decide(action: keyof typeof decisionNames, decision?: SentDecision): Promise<unknown>
  /** The text that the Web UI shows at the top of the run's page. */
  details(): Promise<string>
  /** Waits until the progress of the run meets the condition, and returns it. */
  until(condition: (progress: Progress) => boolean): Promise<Progress>
}

interface RunOptions {
  /** How long a stuck step waits, in days. Default 30; null waits without a limit. */
  attentionDays?: number | null
  /** Default `add-account`. */
  kind?: RunKind
  /** The answers of the cancel, for a run whose first workflow was lost while it was undone. */
  undoing?: RunInput['undoing']
  /** A signal that arrives before the first workflow task. */
  firstSignal?: string
}

/** Starts a time-skipping server for a test file. The tests of the file run their plans on it. */
export function runsUnderTest() {
  const server = timeSkippingServer()
  return {
    ...server,
    /** Starts the workflow of a run with these activities, and returns the result of `body`. */
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
        return body({
          handle,
          outcome: () => handle.result(),
          progress,
          decide: (action, decision = {}) => handle.executeUpdate(action, { args: [decision] }),
          async details() {
            const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')
            return metadata.currentDetails
          },
          until,
        })
      })
    },
  }
}
