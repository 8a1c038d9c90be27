import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/stack/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Each file takes a database and a task queue of its own, so the files of a process may share what it has loaded. Node
    // runs the TypeScript as it is, as it does in production.
    isolate: false,
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Most of a test is waiting for a server, so five keep two cores busy. Many more would run out of connections to Postgres.
    maxWorkers: 5,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: ['test/stack/quiet-runtime.ts'],
    globalSetup: ['test/stack/global-setup.ts'],
    // `.ci/run` takes its counts from the report.
    reporters: ['default', ['json', { outputFile: '.cache/test-report.json' }]],
  },
})
