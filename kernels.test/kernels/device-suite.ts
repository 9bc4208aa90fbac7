import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/index.js';
import { productVariant, runnableVariants } from '../../src/kernels/index.js';
import type { DeviceMode } from '../../src/testing/modes.js';
import { detectors } from './detectors.js';
import { openDevice, whyNot } from './devices.js';

/**
 * A slice of the kernels' tests on the device of another mode; all of them run by `npx vitest run --mode MODE
 * kernels.test/kernels`.
 */
export function describeDevice(mode: DeviceMode): void {
  describe(`a device that is ${mode}`, () => {
    let gpu: Gpu | undefined;
    const missing = whyNot(mode);
    beforeAll(async () => {
      if (missing === null) gpu = await openDevice(mode);
    });
    beforeEach((context) => {
      if (missing !== null) context.skip(missing);
    });
    afterAll(() => {
      gpu?.check();
      expect(gpu?.count().buffers ?? 0, 'buffers that were not released').toBe(0);
      gpu?.close();
    });

    it.each(Object.entries(detectors))('computes %s rightly', async (_, { runs }) => {
      await runs[0]!(gpu!, gpu!.traits);
    });

    it('chooses the variants that it can run', () => {
      const { traits } = gpu!;
      const chosen = productVariant(traits, { kernel: 'dense_forward', rows: 128, columns: 128, inner: 128 });
      expect(runnableVariants(traits)).toContain(chosen);
      expect(chosen.startsWith('subgroup8')).toBe(traits.subgroupSize === 8 && mode !== 'swiftshader');
      expect(chosen === 'wide').toBe(mode === 'swiftshader');
    });
  });
}
