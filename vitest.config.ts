import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['kernels.test/**/*.test.ts'],
    // A driver crash then ends one file, not the run; Dawn's bindings do not survive worker threads.
    pool: 'forks',
    // Tests are right on a slow machine: the limit only ends a hang.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['default', './kernels.test/count-reporter.ts'],
  },
});
