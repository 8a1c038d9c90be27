import { randomUUID } from 'node:crypto'
import { Context } from '@temporalio/activity'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { beforeAll, inject } from 'vitest'
import { searchAttributes } from '../../workflows/contract.ts'
import { recordHistory } from './record-history.ts'

/** The activities of one workflow, by activity type. */
export type Activities = Record<string, (...args: never[]) => Promise<unknown>>

/**
 * Starts one server and one worker for all tests of a file: starting a worker takes ten times as long as a run does. The
 * tests share the clock of the server, so they run one after the other.
 */
export function timeSkippingServer() {
  const activitiesOf = new Map<string, Activities>()
  const taskQueue = randomUUID()
  let environment: TestWorkflowEnvironment
  const performAny = async (...args: never[]) => {
    const { activityType, workflowExecution } = Context.current().info
    const activity = activitiesOf.get(workflowExecution?.workflowId ?? '')?.[activityType]
    if (activity === undefined) throw new Error(`This test does not say what ${activityType} does.`)
    return activity(...args)
  }
  beforeAll(async () => {
    environment = await startServer()
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowBundle: { codePath: inject('bundlePath') },
      activities: { default: performAny },
    })
    const running = worker.run()
    return async () => {
      worker.shutdown()
      await running
      await environment.teardown()
    }
  })

  return {
    /** Lets server time pass. */
    sleep: (duration: Parameters<TestWorkflowEnvironment['sleep']>[0]) => environment.sleep(duration),
    now: () => environment.currentTimeMs(),
    client: (): Client => environment.client,
    /** Sets the activities of a workflow that another workflow starts. */
    script: (workflowId: string, activities: Activities) => void activitiesOf.set(workflowId, activities),
    /** Starts a workflow with these activities, records its history at the end, and returns the result of `body`. */
    async perform<Result>(
      workflowType: string,
      input: unknown,
      { activities, firstSignal }: { activities: Activities; firstSignal?: string },
      body: (handle: WorkflowHandle) => Promise<Result>,
    ): Promise<Result> {
      const workflowId = randomUUID()
      activitiesOf.set(workflowId, activities)
      const start = { workflowId, taskQueue, args: [input] }
      const { workflow } = environment.client
      const handle = await (firstSignal === undefined
        ? workflow.start(workflowType, start)
        : workflow.signalWithStart(workflowType, { ...start, signal: firstSignal }))
      const result = await body(handle)
      await recordHistory(handle)
      return result
    },
  }
}

async function startServer(): Promise<TestWorkflowEnvironment> {
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
    // Older builds of the test server do not have this call, and accept any search attribute.
    .catch(() => undefined)
  return environment
}

const keywordType = 2
