import type { WorkerDeploymentVersion } from '@temporalio/common'
import { type NativeConnection, Worker } from '@temporalio/worker'
import { createActivities } from './register.ts'
import type { ActivityDependencies } from './steps/step-context.ts'

/** The limits of a worker. Default: those of the Temporal SDK. */
export interface WorkerTuning {
  /** The number of workflows that are kept in memory between tasks. A smaller number means more replays. */
  maxCachedWorkflows?: number
  maxConcurrentWorkflowTaskExecutions?: number
  maxConcurrentLocalActivityExecutions?: number
  maxConcurrentWorkflowTaskPolls?: number
  maxConcurrentActivityTaskPolls?: number
  nonStickyToStickyPollRatio?: number
  /** The time after which another worker takes over the runs of a killed worker. A retry waits as long. Default: 2 seconds. */
  stickyQueueScheduleToStartTimeout?: number
}

export interface WorkerSettings {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Path of a file that `workflowBundle` made. */
  bundlePath: string
  tuning: WorkerTuning
  /** The worker deployment and the build. Default: none; the worker takes runs of any version. */
  version?: WorkerDeploymentVersion | undefined
}

export function createWorker(dependencies: ActivityDependencies, settings: WorkerSettings): Promise<Worker> {
  const { version, bundlePath, tuning, ...server } = settings
  return Worker.create({
    ...server,
    workflowBundle: { codePath: bundlePath },
    activities: createActivities(dependencies),
    shutdownGraceTime: '10 seconds',
    stickyQueueScheduleToStartTimeout: 2_000,
    ...tuning,
    ...(version === undefined
      ? {}
      : {
          workerDeploymentOptions: {
            version,
            useWorkerVersioning: true,
            // A run may wait for a person longer than a build lives, so it moves to the current build.
            defaultVersioningBehavior: 'AUTO_UPGRADE',
          },
        }),
  })
}
