import type { Configuration } from '../../../configuration.ts'

/** Takes silence for the death of a worker sooner than in earnest: most of a run would be waiting for that. */
export const impatient = {
  worker: { stickyQueueScheduleToStartTimeout: 500 },
  intervals: { heartbeatTimeout: 2_000, workflowTaskTimeout: 2_000, firstRetry: 200 },
} satisfies Pick<Configuration, 'worker' | 'intervals'>
