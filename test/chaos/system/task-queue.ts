/** The task queue of the system under test. */
export const taskQueue = 'chaos'
