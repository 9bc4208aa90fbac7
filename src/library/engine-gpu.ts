import { EngineError } from '../base/errors.js';
import { Gpu as EngineGpu } from '../gpu/index.js';
import type { Gpu } from './gpu.js';

/** The engine's own view of a device. @throws EngineError `usage` for anything that `openGpu` did not give */
export function engineGpu(gpu: Gpu): EngineGpu {
  if (gpu instanceof EngineGpu) return gpu;
  throw new EngineError('usage', 'the first argument is not an open device', {
    found: typeof gpu,
    expected: 'what `await openGpu()` gave',
    remedy: 'open one: const gpu = await openGpu()',
  });
}
