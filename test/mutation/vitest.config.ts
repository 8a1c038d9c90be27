import { defineConfig } from 'vitest/config'
import { CheapestFirst } from './cheapest-first.ts'

// The tests of the mutated code. Stryker runs every test that covers a mutant, so this list leaves out tests that cover the
// code without checking it.
export default defineConfig({
  test: {
    pool: 'forks',
    // As in vitest.config.ts.
    isolate: false,
    experimental: { viteModuleRunner: false, nodeLoader: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: ['test/stack/quiet-runtime.ts'],
    globalSetup: ['test/mutation/mutation-setup.ts'],
    sequence: { sequencer: CheapestFirst },
    include: [
      'test/activities/steps/*.test.ts',
      'test/workflows/{interpret-plan,inline-steps,undoing,cancelling,completion-held}.test.ts',
      'test/workflows/{stuck-runs,signals,decision-refusals,read-decision,replay}.test.ts',
      'test/domain/access/{api-keys,subtree}.test.ts',
      'test/api/access/{access,authorization}.test.ts',
      'test/api/accounts/{add-account,idempotency}.test.ts',
      'test/api/runs/leftovers.test.ts',
    ],
  },
})
