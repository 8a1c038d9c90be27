import { defineConfig } from 'vitest/config'

const everyProject = {
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  teardownTimeout: 30_000,
  setupFiles: ['test/stack/quiet-runtime.ts'],
}

export default defineConfig({
  test: {
    // `.ci/run` takes its counts from the report.
    reporters: ['default', ['json', { outputFile: '.cache/test-report.json' }]],
    // Here it runs once; in a project, or inherited by `extends`, it would run once for each.
    globalSetup: ['test/stack/global-setup.ts'],
    projects: [
      {
        test: {
          ...everyProject,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/chaos/**'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...everyProject,
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          // It kills servers, so it has the machine for itself: after all the others, one file at a time.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
