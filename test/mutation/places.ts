/** The environment variable with the addresses of the servers, for the test processes. */
export const serversVariable = 'MUTATION_TEST_SERVERS'

/** The folder for Stryker's copy of the project, its reports and the results of the last run, relative to the project. */
export const workFolder = '.cache/mutation'
