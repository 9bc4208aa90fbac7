import { describe, expect, it } from 'vitest';
import { runKernel } from '../gpu-harness.js';
import { gatherCase, randomSamples, withFeatures } from './cases/gather.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { noteShares } from './shares.js';
import { useGpu } from './support.js';

describe('gather', () => {
  const gpu = useGpu();
  const note = noteShares('gather');

  it('takes every byte from 0 to 255', async () => {
    const samples = {
      ...randomSamples(1, 256, 1, 1),
      bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    };
    note('bytes', await expectCase(gpu(), gatherCase(samples, 1), 'all bytes'));
    const x = (await runKernel(gpu(), gatherCase(samples, 1).run)).f32('x');
    expect([x[0], x[255]]).toEqual([0, 1]);
    for (let byte = 1; byte < 256; byte++) expect(x[byte]).toBeGreaterThan(x[byte - 1]!);
  });

  it('is right for every number of pixels around its words and workgroups', async () => {
    for (const pixels of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 33, 255, 256, 257, 260, 511, 513, 784, 1025]) {
      const samples = randomSamples(7, pixels, 5, 1);
      note('pixels', await expectCase(gpu(), gatherCase(samples, 5), `${pixels} pixels`));
    }
  });

  it('is right for every size of the batch', async () => {
    const samples = randomSamples(20, 15, 70, 1);
    for (const batch of [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65]) {
      note('batches', await expectCase(gpu(), gatherCase(samples, batch), `batch of ${batch}`));
    }
  });

  it('fills the rows beyond a short batch with zeros', async () => {
    for (const pixels of [1, 15, 260]) {
      const samples = randomSamples(20, pixels, 9, 1);
      for (const rows of [1, 2, 7, 8, 9]) {
        note('short batches', await expectCase(gpu(), gatherCase(samples, 9, rows), `${rows} of 9 rows`));
      }
    }
  });

  it('starts at any place of the list, up to its end', async () => {
    const samples = randomSamples(30, 15, 21, 1);
    for (const offset of [0, 1, 4, 13, 16]) {
      const rows = Math.min(8, 21 - offset);
      note('offsets', await expectCase(gpu(), gatherCase(samples, 8, rows, offset), `offset ${offset}`));
    }
  });

  it('takes the first and the last sample, and one sample many times', async () => {
    const samples = { ...randomSamples(1000, 15, 1, 1), indices: [Uint32Array.of(999, 0, 999, 999, 500)] };
    note('repeats', await expectCase(gpu(), gatherCase(samples, 5), 'repeated samples'));
  });

  it('takes f32 features as they are, to the bit', async () => {
    for (const pixels of [1, 3, 4, 5, 255, 257, 784]) {
      const samples = withFeatures(randomSamples(7, pixels, 9, 1));
      note('features', await expectCase(gpu(), gatherCase(samples, 6, 5, 2), `${pixels} features`));
    }
    await expectTrialsApart(gpu(), gatherCase(withFeatures(randomSamples(40, 30, 11, 3)), 5, 4, 6).run);
  });

  it('keeps three trials apart, each with its own list, and gives the same bits again', async () => {
    const testCase = gatherCase(randomSamples(40, 30, 11, 3), 5, 4, 6);
    note('trials', await expectCase(gpu(), testCase, 'three trials'));
    await expectTrialsApart(gpu(), testCase.run);
  });
});
