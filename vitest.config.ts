import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@wgsl-train/source', 'node', 'module', 'default'] } },
  test: {
    include: ['{kernels.test,src,scripts}/**/*.test.ts'],
    // A driver crash then ends one file, not the run; Dawn's bindings do not survive worker threads.
    pool: 'forks',
    // On two processors vitest would use one; half of the time is waiting for processes, servers and disks.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Tests are right on a slow machine: the limit only ends a hang.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['default', './kernels.test/count-reporter.ts'],
  },
});
