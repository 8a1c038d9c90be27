import type { PartialStrykerOptions } from '@stryker-mutator/api/core'
import { workFolder } from './places.ts'

const options: PartialStrykerOptions = {
  // What must not go wrong: the pipeline, the step runner, idempotency, permissions and compensation.
  mutate: [
    'workflows/{pipeline,run-state,operator,refusals,read-decision}.ts',
    'workflows/{fast-lane,compensation,carry-out,failures,attention}.ts',
    'activities/{run-step,attempt,execute,fast-lane,report-failure,classify,commit-outcome}.ts',
    'activities/{bookkeeping,settled,step-input,step-output,undo-step}.ts',
    'domain/{step-ledger,accept-onboarding,accept-operation,subtree,api-keys}.ts',
    'api/{accept-account,accept-operation,replayed-request,sweeper,access,own-affairs,run-access}.ts',
  ],
  // Nearly every text here is either a member of a union, where another one does not compile, or words for people, which
  // tests do not repeat. That the right one is used shows in the conditions around it, which are mutated.
  mutator: { excludedMutations: ['StringLiteral'] },
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // Most of a test is waiting for a server.
  concurrency: 3,
  timeoutMS: 12_000,
  // There is no such file: Stryker would read it with a compiler interface that TypeScript 7 does not have.
  tsconfigFile: 'none.json',
  ignorePatterns: ['.cache', '.data', 'docs', 'bench'],
  clearTextReporter: { reportTests: false, allowColor: false },
  cleanTempDir: 'always',
  tempDirName: `${workFolder}/sandbox`,
  incremental: true,
  incrementalFile: `${workFolder}/incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: `${workFolder}/report.html` },
  jsonReporter: { fileName: `${workFolder}/report.json` },
  thresholds: { high: 95, low: 85, break: 85 },
}

export default options
