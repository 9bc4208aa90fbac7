/**
 * A slice of the kernels' tests on devices of other modes; all of them run by `npx vitest run --mode MODE
 * kernels.test/kernels`.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/index.js';
import { productVariant } from '../../src/kernels/index.js';
import { detectors } from './detectors.js';
import { openDevice, whyNot } from './devices.js';

describe.each(['poisoned', 'no-subgroups'] as const)('a device that is %s', (mode) => {
  let gpu: Gpu;
  const missing = whyNot(mode);
  beforeAll(async () => {
    if (missing === null) gpu = await openDevice(mode);
  });
  beforeEach((context) => {
    if (missing !== null) context.skip(missing);
  });
  afterAll(() => {
    gpu.check();
    expect(gpu.count().buffers, 'buffers that were not released').toBe(0);
    gpu.close();
  });

  it.each(Object.entries(detectors))('computes %s rightly', async (_, { runs }) => {
    await runs[0]!(gpu, gpu.traits);
  });

  it('chooses the variants that it can run', () => {
    const shape = { kernel: 'dense_forward', rows: 128, columns: 128, inner: 128 };
    expect(productVariant(gpu.traits, shape).startsWith('subgroup8')).toBe(gpu.traits.subgroupSize === 8);
  });
});
