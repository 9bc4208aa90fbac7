import { describe, expect, it } from 'vitest';
import { integers, uniform } from '../arrays.js';
import { runKernel, slotsOf } from '../gpu-harness.js';
import { type LogitsAndLabels, softmaxCase } from './cases/softmax_cross_entropy.js';
import { expectCase, expectTrialsApart, type KernelCase } from './kernel-case.js';
import { noteShares } from './shares.js';
import { useGpu } from './support.js';

function random(rows: number, classes: number, seed: number, size = 5): LogitsAndLabels {
  return {
    logits: uniform(rows * classes, seed, -size, size),
    labels: integers(rows, seed + 1, classes),
  };
}

describe('softmax_cross_entropy', () => {
  const gpu = useGpu();
  const note = noteShares('softmax_cross_entropy');

  it('is right for 1 to 33 classes, and for many', async () => {
    for (const classes of [...Array.from({ length: 33 }, (_, i) => i + 1), 49, 64, 65, 100]) {
      const testCase = softmaxCase([random(5, classes, classes)], 5, classes);
      note('classes', await expectCase(gpu(), testCase, `${classes} classes`));
    }
  });

  it('is right for every size of the batch', async () => {
    for (const rows of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65]) {
      note(
        'batches',
        await expectCase(gpu(), softmaxCase([random(rows, 10, rows)], rows, 10), `${rows} rows`),
      );
    }
  });

  it('gives rows beyond a short batch no loss, no gradient and no class', async () => {
    for (const batch of [8, 9, 33]) {
      for (const rows of [1, 3, batch - 1]) {
        const testCase = softmaxCase([random(batch, 7, rows)], batch, 7, rows);
        note('short batches', await expectCase(gpu(), testCase, `${rows} of ${batch} rows`));
      }
    }
  });

  it('stays within its bounds for logits of every size', async () => {
    for (const size of [0, 1e-37, 1e-6, 1, 30, 100, 1e4, 1e20, 1e38]) {
      note(
        'sizes',
        await expectCase(gpu(), softmaxCase([random(64, 10, 3, size)], 64, 10), `logits of size ${size}`),
      );
    }
  });

  it('takes denormal logits for what they are, or all for 0 as a device may', async () => {
    const testCase = softmaxCase([random(64, 10, 3, 1e-39)], 64, 10);
    const withoutPredictions = (
      ...given: Parameters<KernelCase['expected']>
    ): ReturnType<KernelCase['expected']> =>
      Object.fromEntries(
        Object.entries(testCase.expected(...given)).filter(([name]) => name !== 'predicted'),
      );
    await expectCase(gpu(), { ...testCase, expected: withoutPredictions }, 'denormal logits');
    const { predicted } = testCase.expected(0, slotsOf(testCase.run)[0]!) as {
      predicted: { bits: Uint32Array };
    };
    const found = (await runKernel(gpu(), testCase.run)).u32('predicted');
    // Of equals the first.
    expect([predicted.bits, new Uint32Array(64)]).toContainEqual(found);
  });

  const lowest = -1e38;
  const hostile: Readonly<Record<string, readonly number[]>> = {
    'all equal': [2, 2, 2, 2, 2],
    'zeros of both signs': [-0, 0, -0, 0, -0],
    'huge and equal': [1e38, 1e38, 1e38, 1e38, 1e38],
    'lowest and equal': [lowest, lowest, lowest, lowest, lowest],
    'one far above': [0, 0, 1e38, 0, 0],
    'one far below': [0, lowest, 0, 0, 0],
    'at both ends': [lowest, 1e38, lowest, 1e38, lowest],
    'where exp ends': [0, -87.3, -88.8, -103.9, -104.1],
    'equal but for a bit': [1, 1 - 2 ** -24, 1 + 2 ** -23, 1, 1],
  };

  it.each(Object.entries(hostile))(
    'stays within its bounds, and finite, for logits %s',
    async (_, logits) => {
      // One row per label.
      const rows = logits.length;
      const operands = {
        logits: Float32Array.from({ length: rows * rows }, (__, i) => logits[i % rows]!),
        labels: Uint32Array.from(logits.keys()),
      };
      const testCase = softmaxCase([operands], rows, rows);
      note('hostile logits', await expectCase(gpu(), testCase, 'hostile logits'));
      const result = await runKernel(gpu(), testCase.run);
      for (const name of ['loss', 'dz'])
        for (const value of result.f32(name)) expect(value).toSatisfy(Number.isFinite);
    },
  );

  it('smooths labels by each trial, and gives one that does not the bits of a kernel without', async () => {
    const trials = [1, 2, 3].map((seed) => random(11, 6, seed));
    const testCase = softmaxCase(trials, 11, 6, 9, [0.1, 0, 0.9]);
    note('smoothing', await expectCase(gpu(), testCase, 'three trials'));
    await expectTrialsApart(gpu(), testCase.run);
    const smoothed = await runKernel(gpu(), testCase.run);
    const plain = await runKernel(gpu(), softmaxCase(trials, 11, 6, 9).run);
    for (const name of ['dz', 'loss', 'predicted']) expect(smoothed.u32(name, 1)).toEqual(plain.u32(name, 1));
  });

  it('without smoothing does not read what its trials smooth by: an evaluation', async () => {
    const trials = [1, 2].map((seed) => random(11, 6, seed));
    const { run } = softmaxCase(trials, 11, 6, 9);
    const slots = [0.1, 0.9].map((labelSmoothing, index) => ({ index, labelSmoothing }));
    const [plain, given] = [await runKernel(gpu(), run), await runKernel(gpu(), { ...run, slots })];
    for (const name of ['dz', 'loss', 'predicted'])
      for (const trial of [0, 1]) expect(given.u32(name, trial)).toEqual(plain.u32(name, trial));
  });

  it('stays within its bounds with smoothing, for any classes and logits', async () => {
    for (const classes of [1, 2, 3, 4, 5, 8, 33, 100])
      for (const size of [0, 1e-6, 1, 30, 1e4, 1e20]) {
        const testCase = softmaxCase([random(9, classes, classes, size)], 9, classes, 9, [0.3]);
        note('smoothing', await expectCase(gpu(), testCase, `${classes} classes of size ${size}`));
      }
  });

  it('keeps three trials apart, and gives the same bits again', async () => {
    const trials = [1, 2, 3].map((seed) => random(11, 6, seed));
    const testCase = softmaxCase(trials, 11, 6, 9);
    note('trials', await expectCase(gpu(), testCase, 'three trials'));
    await expectTrialsApart(gpu(), testCase.run);
  });
});
