/** The variable that tells the test processes where the servers are. */
export const serversVariable = 'MUTATION_TEST_SERVERS'
