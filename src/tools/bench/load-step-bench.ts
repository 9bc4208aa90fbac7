import type { OpenStepBench } from './step-bench.js';

/**
 * Loads the engine at its first use, so that --help and usage errors need neither a driver nor the native
 * module.
 */
export const loadStepBench: OpenStepBench = async (options) =>
  (await import('./step-bench.js')).openStepBench(options);
