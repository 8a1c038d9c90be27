/** Of the deployment under test: its Temporal is its own as well. */
export const taskQueue = 'chaos'
