// Prints "<passed> <failed>" out of vitest's JSON report. A test file that could not even be loaded counts as one
// failed test, because the tests in it did not run.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const unloadable = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
)
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + unloadable.length}\n`)
