/** The kernels that profiles hold the others against: what an adapter reaches when it only computes, or only copies. */
import { walk } from './elementwise.js';
import { attribute } from './guard.js';
import type { Kernel } from './kernel.js';

/** Independent chains per element and multiply-adds per chain and round, as the shader writes them out. */
const chains = 8;
const perRound = 4;

export const ceilingFma: Kernel = {
  name: 'ceiling_fma',
  configure(call, traits) {
    const configuration = walk('ceiling_fma', 'y', call, traits);
    const rounds = attribute('ceiling_fma', call, 'rounds');
    return {
      ...configuration,
      // A pair that undoes itself every second time, so that values stay as they are.
      params: { ...configuration.params, rounds, scale: -1, offset: 1 },
      flops: 2 * perRound * chains * rounds * configuration.flops,
    };
  },
};

export const ceilingCopy: Kernel = {
  name: 'ceiling_copy',
  configure: (call, traits) => ({ ...walk('ceiling_copy', 'y', call, traits), flops: 0 }),
};
