import type { PartialStrykerOptions } from '@stryker-mutator/api/core'

const folder = '.cache/mutation'

const options: PartialStrykerOptions = {
  mutate: [
    'workflows/{pipeline,run-state,operator,fast-lane,compensation,carry-out,failures}.ts',
    'activities/{run-step,attempt,execute,fast-lane,report-failure,classify,commit-outcome}.ts',
    'activities/{bookkeeping,step-input,undo-step}.ts',
    'domain/{step-ledger,accept-onboarding,accept-operation,subtree,api-keys}.ts',
    'api/{accept-account,accept-operation,replayed-request,sweeper,access,own-affairs,run-access}.ts',
  ],
  mutator: { excludedMutations: ['StringLiteral'] },
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 20_000,
  // There is no such file: Stryker would read it with a compiler interface that TypeScript 7 does not have.
  tsconfigFile: 'none.json',
  ignorePatterns: ['.cache', '.data', 'docs', 'bench'],
  clearTextReporter: { reportTests: false, allowColor: false },
  cleanTempDir: 'always',
  tempDirName: `${folder}/sandbox`,
  incremental: true,
  incrementalFile: `${folder}/incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: `${folder}/report.html` },
  jsonReporter: { fileName: `${folder}/report.json` },
  thresholds: { high: 95, low: 85, break: 85 },
}

export default options
