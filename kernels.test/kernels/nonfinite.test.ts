import { describe, it } from 'vitest';
import { maxTrials } from '../../src/kernels/index.js';
import { uniform } from '../arrays.js';
import { nonfiniteCase } from './cases/nonfinite.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { lengths, spans, useGpu } from './support.js';

const gpu = useGpu();

describe.each(spans)('nonfinite, cut $cut', ({ software }) => {
  const traits = () => ({ ...gpu().traits, software });

  it('finds a NaN at every place of a tensor, each trial its own', async () => {
    const columns = maxTrials - 1;
    const x = Array.from({ length: maxTrials }, (_, trial) => {
      const values = uniform(columns, trial);
      if (trial < columns) values[trial] = Number.NaN;
      return values;
    });
    await expectCase(gpu(), nonfiniteCase(columns, x), 'one NaN per trial, none in the last', traits());
  });

  it('finds the first of several, and one at both ends of every length around the ends of its pieces', async () => {
    for (const columns of lengths) {
      const middle = Math.floor(columns / 2);
      const x = [[0], [middle], [columns - 1], [middle, columns - 1], [0, columns - 1], []].map((places) => {
        const values = uniform(columns, columns);
        for (const place of places) values[place] = Infinity;
        return values;
      });
      await expectCase(gpu(), nonfiniteCase(columns, x), `length ${columns}`, traits());
    }
  });

  it('keeps three trials apart, and gives the same bits again', async () => {
    const x = [1, 2, 3].map((seed) => uniform(100, seed));
    x[2]![77] = -Infinity;
    const testCase = nonfiniteCase(100, x);
    await expectCase(gpu(), testCase, 'three trials', traits());
    await expectTrialsApart(gpu(), { ...testCase.run, traits: traits() });
  });
});

describe('nonfinite', () => {
  const fromBits = (...bits: number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);
  const notFinite = [
    0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff,
  ];
  const finite = [0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000];

  it('finds both infinities and NaN of every kind, quiet and signalling, of either sign', async () => {
    const x = notFinite.map((bits) => fromBits(0, bits, 0));
    await expectCase(gpu(), nonfiniteCase(3, x), 'not finite');
  });

  it('passes zeros, denormal values, the smallest normal and the largest finite ones', async () => {
    await expectCase(gpu(), nonfiniteCase(finite.length, [fromBits(...finite)]), 'finite');
  });

  it('leaves a flag that names an earlier element, and never clears one', async () => {
    const [good, bad] = [fromBits(0, 0), fromBits(0, 0x7fc00000)];
    await expectCase(gpu(), nonfiniteCase(2, [good, bad, good, bad], [1, 1, 4, 4]), 'flags');
  });

  it('names the first of a tensor in which nothing is finite', async () => {
    const x = new Float32Array(5000).fill(Number.NaN);
    await expectCase(gpu(), nonfiniteCase(5000, [x, x.map((_, i) => (i < 1234 ? 0 : Infinity))]), 'all');
  });
});
