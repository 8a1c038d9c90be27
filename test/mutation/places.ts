/** The variable that tells the test processes where the servers are. */
export const serversVariable = 'MUTATION_TEST_SERVERS'

/** What Stryker writes, below the project: its copy of the project, the report, and what it knows from the last time. */
export const workFolder = '.cache/mutation'
