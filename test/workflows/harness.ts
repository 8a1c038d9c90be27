import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { inject } from 'vitest'
import type { OperationKind } from '../../domain/operations.ts'
import type { PlannedStep } from '../../domain/run-plan.ts'
import {
  type RunInput,
  type RunOutcome,
  workflowTypes,
  type Progress,
  progressQuery,
  searchAttributes,
} from '../../workflows/contract.ts'
import { recordHistory } from './record-history.ts'
import type { ScriptedSteps } from './scripted-steps.ts'

/** A run of the workflow on the time-skipping server. */
export interface RunUnderTest {
  handle: WorkflowHandle
  outcome(): Promise<RunOutcome>
  progress(): Promise<Progress>
  /** Waits until the run says so. */
  until(condition: (progress: Progress) => boolean): Promise<Progress>
}

export async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('testServerPath') } },
  })
  await environment.connection.operatorService
    .addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(
        Object.values(searchAttributes).map((name) => [name, keywordType]),
      ),
    })
    // The test server takes any search attribute, and its older builds do not know this call.
    .catch(() => undefined)
  return environment
}

const keywordType = 2

interface RunOptions {
  attentionDays?: number | null
  kind?: OperationKind
  /** What was answered when it was cancelled, for a run whose workflow was lost since. */
  undoing?: RunInput['undoing']
  /** A signal that is there before the run does anything. */
  firstSignal?: string
}

/** Starts the workflow with these activities, lets `body` act on it, and stops the worker. */
export async function withRun<Result>(
  environment: TestWorkflowEnvironment,
  plan: PlannedStep[],
  steps: ScriptedSteps,
  body: (run: RunUnderTest) => Promise<Result>,
  { attentionDays = 30, kind = 'add-account', undoing, firstSignal }: RunOptions = {},
): Promise<Result> {
  const taskQueue = randomUUID()
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: inject('bundlePath') },
    activities: steps.activities,
  })
  return worker.runUntil(async () => {
    const { workflow } = environment.client
    const start = {
      workflowId: randomUUID(),
      taskQueue,
      args: [
        {
          onboardingId: 'onb_test',
          plan,
          ...(attentionDays === null ? {} : { attentionDays }),
          ...(undoing === undefined ? {} : { undoing }),
        },
      ],
    }
    const handle = await (firstSignal === undefined
      ? workflow.start(workflowTypes[kind], start)
      : workflow.signalWithStart(workflowTypes[kind], { ...start, signal: firstSignal }))
    const progress = () => handle.query<Progress>(progressQuery)
    const result = await body({
      handle,
      outcome: () => handle.result(),
      progress,
      async until(condition) {
        for (;;) {
          const now = await progress()
          if (condition(now)) return now
          await environment.sleep(10)
        }
      },
    })
    await recordHistory(handle)
    return result
  })
}
