// Prints "<passed> <failed>" from Vitest's JSON report. A test file that could not be loaded counts as one failed test,
// because its tests did not run.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const unloadable = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
)
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + unloadable.length}\n`)
