import { describe, it } from 'vitest';
import { reluBackwardCase } from './cases/relu.js';
import { expectCase } from './kernel-case.js';
import { useGpu } from './support.js';

describe('relu_backward of hostile values', () => {
  const gpu = useGpu();
  const values = [0, -0, 1e-39, -1e-39, 2 ** -126, 1, -1, 1e38, -1e38, Infinity, -Infinity, Number.NaN];

  it('passes whatever comes where y > 0, also NaN and infinities, and is 0 elsewhere', async () => {
    const outputs = [0, -0, 1e-39, 2 ** -126, 1, 3e38, Infinity, -1, -Infinity];
    const pairs = outputs.flatMap((y) => values.map((dy) => ({ y, dy })));
    // A device may take a denormal y for 0, so that its NaN and infinities are not defined.
    const defined = pairs.filter(({ y, dy }) => y !== 1e-39 || Number.isFinite(dy));
    const y = Float32Array.from(defined, (pair) => pair.y);
    const dy = Float32Array.from(defined, (pair) => pair.dy);
    const shape = { rows: 1, columns: y.length, vector: true };
    await expectCase(gpu(), reluBackwardCase(shape, [y], [dy]), 'hostile values');
  });
});
