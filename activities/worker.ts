import type { WorkerDeploymentVersion } from '@temporalio/common'
import { type NativeConnection, Worker } from '@temporalio/worker'
import { createActivities } from './register.ts'
import type { ActivityDependencies } from './steps/step-context.ts'

/** How much a worker does at once. */
export interface WorkerTuning {
  /** Workflows kept in memory between tasks; a smaller number means more replays. */
  maxCachedWorkflows?: number
  maxConcurrentWorkflowTaskExecutions?: number
  maxConcurrentLocalActivityExecutions?: number
  maxConcurrentWorkflowTaskPolls?: number
  maxConcurrentActivityTaskPolls?: number
  nonStickyToStickyPollRatio?: number
  /** When a worker was killed, its runs wait this long before another one takes them up, and so does a person who retries. */
  stickyQueueScheduleToStartTimeout?: number
}

export interface WorkerSettings {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Path of a file that `workflowBundle` made. */
  bundlePath: string
  tuning: WorkerTuning
  /** The worker deployment that it belongs to, and its build; left out: it takes up runs of whatever version. */
  version?: WorkerDeploymentVersion | undefined
}

/** A worker for every workflow and step of this deployment, ready to run. */
export function createWorker(dependencies: ActivityDependencies, settings: WorkerSettings): Promise<Worker> {
  const { version } = settings
  return Worker.create({
    connection: settings.connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    workflowBundle: { codePath: settings.bundlePath },
    activities: createActivities(dependencies),
    shutdownGraceTime: '10 seconds',
    stickyQueueScheduleToStartTimeout: 2_000,
    ...settings.tuning,
    ...(version === undefined
      ? {}
      : {
          workerDeploymentOptions: {
            version,
            useWorkerVersioning: true,
            // Runs wait for people for weeks, longer than any build: they move on to the current one, at a `patched` if need be.
            defaultVersioningBehavior: 'AUTO_UPGRADE',
          },
        }),
  })
}
