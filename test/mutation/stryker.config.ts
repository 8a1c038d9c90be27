import type { PartialStrykerOptions } from '@stryker-mutator/api/core'
import { workFolder } from './places.ts'

const options: PartialStrykerOptions = {
  // The most critical code: the pipeline, the step runner, idempotency, permissions and compensation.
  mutate: [
    'workflows/{run,interpret-plan,run-state,listen-to-decisions,decision-refusals,read-decision}.ts',
    'workflows/{inline-steps,compensation,explain-failure,attention}.ts',
    'activities/steps/{run-step,attempt,execute,run-inline-steps,report-failure,classify,commit-outcome}.ts',
    'activities/steps/{journal-activities,held-completion,step-input,step-output,undo-step}.ts',
    'domain/runs/{step-journal,accept-onboarding,accept-operation,idempotency}.ts',
    'domain/access/{subtree,api-keys}.ts',
    'api/{accounts/accept-account,account-changes/accept-change,runs/earlier-request}.ts',
    'api/access/{api-key,authorization,path-resource}.ts',
    'temporal/sweeper.ts',
  ],
  // Most strings are members of a union, where another string does not compile, or texts for people, which tests do not
  // repeat. The conditions that select a string are mutated.
  mutator: { excludedMutations: ['StringLiteral'] },
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // Most tests wait for a server most of the time.
  concurrency: 3,
  timeoutMS: 12_000,
  // This file does not exist. Stryker would read it with the compiler API, which TypeScript 7 does not have.
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
